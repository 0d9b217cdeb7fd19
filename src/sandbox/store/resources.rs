//! The resources table.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};

use super::Tables;
use crate::sandbox::clock::Millis;

/// The key of one resource of one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct Key {
    /// Account id.
    pub account: String,
    /// Region, or `global` for services without regions.
    pub region: String,
    /// CloudFormation type name.
    pub type_name: String,
    /// Primary identifier, parts joined by `|`.
    pub identifier: String,
}

/// One stored resource.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox) struct Record {
    /// Its key.
    pub key: Key,
    /// The model as returned by `GetResource`, JSON text. It never contains write-only values.
    pub properties: String,
    /// The resource's own ARN, where it has one.
    pub arn: Option<String>,
    /// Tags of a resource whose type has no tag property, as JSON text.
    pub side_tags: String,
    /// True once it had a tag: the Tagging API never returns a resource that was never tagged.
    pub ever_tagged: bool,
    /// The tags before their last change, JSON text; `None` when there was no earlier state.
    pub tags_before: Option<String>,
    /// When the tags last changed.
    pub tags_changed_at: Millis,
    /// When it was created.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
}

/// The position and limits of a scan of tagged resources.
pub(in crate::sandbox) struct Tagged<'a> {
    /// Account id.
    pub account: &'a str,
    /// The regions whose resources are visible.
    pub regions: [&'a str; 2],
    /// Only ARNs after this one.
    pub after: &'a str,
}

const COLUMNS: &str = "account, region, type, identifier, properties, arn, side_tags, ever_tagged, \
                       tags_before, tags_changed_at, created_at, updated_at";

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        key: Key { account: row.get(0)?, region: row.get(1)?, type_name: row.get(2)?, identifier: row.get(3)? },
        properties: row.get(4)?,
        arn: row.get(5)?,
        side_tags: row.get(6)?,
        ever_tagged: row.get(7)?,
        tags_before: row.get(8)?,
        tags_changed_at: row.get(9)?,
        created_at: row.get(10)?,
        updated_at: row.get(11)?,
    })
}

impl Tables<'_> {
    /// One resource.
    pub fn find(&self, key: &Key) -> rusqlite::Result<Option<Record>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM resources \
             WHERE account = ?1 AND type = ?2 AND region = ?3 AND identifier = ?4"
        );
        self.connection
            .prepare_cached(&sql)?
            .query_row(params![key.account, key.type_name, key.region, key.identifier], record)
            .optional()
    }

    /// One resource's model, without reading the rest of it.
    pub fn properties(&self, key: &Key) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached(
                "SELECT properties FROM resources \
                 WHERE account = ?1 AND type = ?2 AND region = ?3 AND identifier = ?4",
            )?
            .query_row(params![key.account, key.type_name, key.region, key.identifier], |row| row.get(0))
            .optional()
    }

    /// The account that uses a name, for names that are unique across all accounts.
    pub fn holder_anywhere(&self, type_name: &str, identifier: &str) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT account FROM resources WHERE type = ?1 AND identifier = ?2")?
            .query_row(params![type_name, identifier], |row| row.get(0))
            .optional()
    }

    /// Adds a resource.
    pub fn insert(&self, new: &Record) -> rusqlite::Result<()> {
        let sql = format!("INSERT INTO resources ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)");
        self.connection.prepare_cached(&sql)?.execute(params![
            new.key.account,
            new.key.region,
            new.key.type_name,
            new.key.identifier,
            new.properties,
            new.arn,
            new.side_tags,
            new.ever_tagged,
            new.tags_before,
            new.tags_changed_at,
            new.created_at,
            new.updated_at,
        ])?;
        Ok(())
    }

    /// Updates a stored resource; its key is unchanged.
    pub fn update(&self, changed: &Record) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE resources SET properties = ?5, arn = ?6, side_tags = ?7, ever_tagged = ?8, \
                 tags_before = ?9, tags_changed_at = ?10, updated_at = ?11 \
                 WHERE account = ?1 AND type = ?2 AND region = ?3 AND identifier = ?4",
            )?
            .execute(params![
                changed.key.account,
                changed.key.type_name,
                changed.key.region,
                changed.key.identifier,
                changed.properties,
                changed.arn,
                changed.side_tags,
                changed.ever_tagged,
                changed.tags_before,
                changed.tags_changed_at,
                changed.updated_at,
            ])?;
        Ok(())
    }

    /// Removes a resource; false when there was none.
    pub fn delete(&self, key: &Key) -> rusqlite::Result<bool> {
        let removed = self
            .connection
            .prepare_cached(
                "DELETE FROM resources \
                 WHERE account = ?1 AND type = ?2 AND region = ?3 AND identifier = ?4",
            )?
            .execute(params![key.account, key.type_name, key.region, key.identifier])?;
        Ok(removed > 0)
    }

    /// Visits the identifiers and models of a type in identifier order, beginning after `after`,
    /// until `visit` says to stop. Without a region, those of every region.
    pub fn each_of_type<E: From<rusqlite::Error>>(
        &self,
        account: &str,
        region: Option<&str>,
        type_name: &str,
        after: &str,
        mut visit: impl FnMut(String, String) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare_cached(
            "SELECT identifier, properties FROM resources \
             WHERE account = ?1 AND type = ?2 AND (?3 IS NULL OR region = ?3) AND identifier > ?4 \
             ORDER BY identifier",
        )?;
        let mut rows = statement.query(params![account, type_name, region, after])?;
        while let Some(row) = rows.next()? {
            if !visit(row.get(0)?, row.get(1)?)? {
                break;
            }
        }
        Ok(())
    }

    /// Visits every resource of an account.
    pub fn each_of_account<E: From<rusqlite::Error>>(
        &self,
        account: &str,
        mut visit: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!("SELECT {COLUMNS} FROM resources WHERE account = ?1 ORDER BY type, region, identifier");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([account])?;
        while let Some(row) = rows.next()? {
            visit(record(row)?)?;
        }
        Ok(())
    }

    /// The resource that an ARN names, of an account.
    pub fn find_by_arn(&self, account: &str, arn: &str) -> rusqlite::Result<Option<Record>> {
        let sql = format!("SELECT {COLUMNS} FROM resources WHERE account = ?1 AND arn = ?2 ORDER BY type LIMIT 1");
        self.connection.prepare_cached(&sql)?.query_row(params![account, arn], record).optional()
    }

    /// Visits resources that have or had tags, in ARN order, until `visit` says to stop.
    pub fn each_tagged<E: From<rusqlite::Error>>(
        &self,
        scan: &Tagged<'_>,
        mut visit: impl FnMut(Record) -> Result<bool, E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT {COLUMNS} FROM resources \
             WHERE ever_tagged AND account = ?1 AND region IN (?2, ?3) AND arn > ?4 \
             ORDER BY arn, type"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let [here, there] = scan.regions;
        let mut rows = statement.query(params![scan.account, here, there, scan.after])?;
        while let Some(row) = rows.next()? {
            if !visit(record(row)?)? {
                break;
            }
        }
        Ok(())
    }

    /// How many resources each account holds.
    pub fn counts(&self) -> rusqlite::Result<BTreeMap<String, u64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT account, COUNT(*) FROM resources GROUP BY account")?;
        let rows = statement.query_map([], |row| {
            let count: i64 = row.get(1)?;
            Ok((row.get(0)?, count.unsigned_abs()))
        })?;
        rows.collect()
    }
}

#[cfg(test)]
impl Record {
    /// An untagged resource of `us-east-1` with an empty model.
    pub fn sample(account: &str, type_name: &str, identifier: &str) -> Self {
        Self {
            key: Key {
                account: account.into(),
                region: "us-east-1".into(),
                type_name: type_name.into(),
                identifier: identifier.into(),
            },
            properties: "{}".into(),
            arn: None,
            side_tags: "{}".into(),
            ever_tagged: false,
            tags_before: None,
            tags_changed_at: 0,
            created_at: 0,
            updated_at: 0,
        }
    }
}
