//! The values of secrets, which no model has.

use rusqlite::{OptionalExtension, params};

use super::super::clock::Millis;
use super::{Key, Tables};

impl Tables<'_> {
    /// The value of a secret, and when it was set.
    pub fn secret_value(&self, key: &Key) -> rusqlite::Result<Option<(String, Millis)>> {
        self.connection
            .prepare_cached(
                "SELECT value, changed_at FROM secret_values WHERE account = ?1 AND region = ?2 AND identifier = ?3",
            )?
            .query_row(params![key.account, key.region, key.identifier], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    /// Sets the value of a secret.
    pub fn set_secret_value(&self, key: &Key, value: &str, now: Millis) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO secret_values (account, region, identifier, value, changed_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![key.account, key.region, key.identifier, value, now])?;
        Ok(())
    }
}
