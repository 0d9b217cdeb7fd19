//! The requests table: Cloud Control requests and their status.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row, params};

use super::{Key, Tables};
use crate::sandbox::clock::Millis;

/// Gives an enum the names that the wire and the table use.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::sandbox) enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Cloud Control's name for it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.name()))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(FromSqlError::InvalidType),
                }
            }
        }
    };
}

named! {
    /// The operation of a request.
    Operation {
        /// `CreateResource`
        Create = "CREATE",
        /// `UpdateResource`
        Update = "UPDATE",
        /// `DeleteResource`
        Delete = "DELETE",
    }
}

named! {
    /// The status of a request.
    Status {
        /// Accepted, not yet done.
        InProgress = "IN_PROGRESS",
        /// Done.
        Success = "SUCCESS",
        /// The handler failed.
        Failed = "FAILED",
        /// Cancellation requested, not yet canceled.
        CancelInProgress = "CANCEL_IN_PROGRESS",
        /// Canceled without effect.
        CancelComplete = "CANCEL_COMPLETE",
    }
}

impl Status {
    /// True while the request is not finished.
    pub fn is_open(self) -> bool {
        matches!(self, Self::InProgress | Self::CancelInProgress)
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox) struct Request {
    /// The request token.
    pub token: String,
    /// Account id of the caller.
    pub account: String,
    /// The caller's region.
    pub region: String,
    /// The client token, when one was given.
    pub client_token: Option<String>,
    /// Hash of the request's content, to distinguish a repetition from a conflict.
    pub content: String,
    /// The operation.
    pub operation: Operation,
    /// CloudFormation type name.
    pub type_name: String,
    /// Primary identifier, once known.
    pub identifier: Option<String>,
    /// The status.
    pub status: Status,
    /// When it was accepted.
    pub accepted_at: Millis,
    /// When it takes effect.
    pub due_at: Millis,
    /// When its status last changed.
    pub event_at: Millis,
    /// The handler's error code of a failed request, or of one with an injected failure.
    pub error_code: Option<String>,
    /// The handler's message.
    pub message: Option<String>,
    /// The requested change, JSON text without write-only values; removed when the request is finished.
    pub payload: Option<String>,
}

/// Which requests to list.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct RequestFilter {
    /// Operation names; empty for all.
    pub operations: Vec<String>,
    /// Status names; empty for all.
    pub statuses: Vec<String>,
}

const COLUMNS: &str = "token, account, region, client_token, content, operation, type, identifier, \
                       status, accepted_at, due_at, event_at, error_code, message, payload";

fn request(row: &Row<'_>) -> rusqlite::Result<Request> {
    Ok(Request {
        token: row.get(0)?,
        account: row.get(1)?,
        region: row.get(2)?,
        client_token: row.get(3)?,
        content: row.get(4)?,
        operation: row.get(5)?,
        type_name: row.get(6)?,
        identifier: row.get(7)?,
        status: row.get(8)?,
        accepted_at: row.get(9)?,
        due_at: row.get(10)?,
        event_at: row.get(11)?,
        error_code: row.get(12)?,
        message: row.get(13)?,
        payload: row.get(14)?,
    })
}

impl Tables<'_> {
    /// Adds an accepted request.
    pub fn insert_request(&self, new: &Request) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO requests ({COLUMNS}, open) \
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)"
        );
        self.connection.prepare_cached(&sql)?.execute(params![
            new.token,
            new.account,
            new.region,
            new.client_token,
            new.content,
            new.operation,
            new.type_name,
            new.identifier,
            new.status,
            new.accepted_at,
            new.due_at,
            new.event_at,
            new.error_code,
            new.message,
            new.payload,
            new.status.is_open(),
        ])?;
        Ok(())
    }

    /// Updates the status of a request.
    pub fn update_request(&self, changed: &Request) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE requests SET identifier = ?2, status = ?3, due_at = ?4, event_at = ?5, \
                 error_code = ?6, message = ?7, payload = ?8, open = ?9 WHERE token = ?1",
            )?
            .execute(params![
                changed.token,
                changed.identifier,
                changed.status,
                changed.due_at,
                changed.event_at,
                changed.error_code,
                changed.message,
                changed.payload,
                changed.status.is_open(),
            ])?;
        Ok(())
    }

    /// A request of an account and region by its token.
    pub fn find_request(&self, account: &str, region: &str, token: &str) -> rusqlite::Result<Option<Request>> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE token = ?1 AND account = ?2 AND region = ?3");
        self.connection.prepare_cached(&sql)?.query_row(params![token, account, region], request).optional()
    }

    /// The latest request that came with a client token.
    pub fn find_by_client_token(
        &self,
        account: &str,
        region: &str,
        client_token: &str,
    ) -> rusqlite::Result<Option<Request>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM requests \
             WHERE account = ?1 AND region = ?2 AND client_token = ?3 \
             ORDER BY sequence DESC LIMIT 1"
        );
        self.connection.prepare_cached(&sql)?.query_row(params![account, region, client_token], request).optional()
    }

    /// True when some request is due.
    pub fn is_anything_due(&self, now: Millis) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM requests WHERE open AND due_at <= ?1)")?
            .query_row([now], |row| row.get(0))
    }

    /// The requests that are due, in the order of their effects.
    pub fn due_requests(&self, now: Millis) -> rusqlite::Result<Vec<Request>> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE open AND due_at <= ?1 ORDER BY due_at, sequence");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([now], request)?;
        rows.collect()
    }

    /// True when a request for a resource is in progress. The region is ignored: the resource's
    /// own may be `global` while the caller's is not.
    pub fn is_in_flight(&self, key: &Key) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM requests WHERE open AND account = ?1 AND type = ?2 \
                 AND identifier = ?3 AND (?4 = 'global' OR region = ?4))",
            )?
            .query_row(params![key.account, key.type_name, key.identifier, key.region], |row| row.get(0))
    }

    /// A new sequence number.
    pub fn next_sequence(&self) -> rusqlite::Result<i64> {
        let last: Option<i64> = self
            .connection
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'requests'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(last.unwrap_or(0) + 1)
    }

    /// Deletes finished requests accepted before a time.
    pub fn forget_requests_before(&self, time: Millis) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM requests WHERE accepted_at < ?1 AND NOT open")?.execute([time])?;
        Ok(())
    }

    /// The requests of an account and region, newest first, that a filter lets through; `skip` of
    /// them are left out, and at most `limit` given.
    pub fn list_requests(
        &self,
        account: &str,
        region: &str,
        filter: &RequestFilter,
        skip: usize,
        limit: usize,
    ) -> rusqlite::Result<Vec<Request>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM requests WHERE account = ?1 AND region = ?2 \
             ORDER BY sequence DESC"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![account, region], request)?;
        let is_wanted = |request: &Request| {
            let has = |names: &[String], name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
            has(&filter.operations, request.operation.name()) && has(&filter.statuses, request.status.name())
        };
        rows.filter(|row| row.as_ref().map_or(true, is_wanted)).skip(skip).take(limit).collect()
    }
}
