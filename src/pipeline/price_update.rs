//! `prices update`: reads the offer files of the bulk Price List and makes price books of them.
//!
//! The files are read as they arrive, so that memory does not grow with their size. A file that is incomplete, damaged or
//! of something else fails the whole update, and nothing is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::event::{Event, Events};
use super::ports::{FileContent, PriceFileError, ReadPriceFiles};
use crate::estimate::{Book, Offer, OfferParser, offer_services};

/// The path of the index of all services.
const INDEX: &str = "/offers/v1.0/aws/index.json";

/// Files that are read at the same time.
const CONCURRENT_FILES: usize = 4;

/// Pieces of a file that wait to be parsed.
const WAITING_PIECES: usize = 16;

/// Attempts to read a file.
const ATTEMPTS: usize = 3;

/// Maximum size of an index. That of all services is about 200 KB.
const MAX_INDEX_BYTES: usize = 16 << 20;

/// Maximum size of an offer file. That of EC2 in a Region is about 400 MB.
const MAX_FILE_BYTES: u64 = 8 << 30;

/// Maximum length of a line of an offer file. Lines have about 1 KB.
const MAX_LINE_BYTES: usize = 1 << 20;

/// Why the price books were not updated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// A file cannot be read.
    #[error("`{path}` cannot be read: {message}")]
    Unavailable {
        /// The path of the file.
        path: String,
        /// What happened.
        message: String,
    },
    /// A file has not the documented format, or is incomplete.
    #[error("`{path}` cannot be used: {message}")]
    Invalid {
        /// The path of the file.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// No service has a file for the Region.
    #[error("the Price List has no files for the Region `{region}`")]
    UnknownRegion {
        /// The Region.
        region: String,
        /// The Regions that it has, sorted.
        known: Vec<String>,
    },
}

/// What is read.
#[derive(Debug, Clone)]
pub struct UpdateRequest {
    /// The Regions, without duplicates.
    pub regions: Vec<String>,
    /// Where the files are from, for people.
    pub source: String,
    /// The time of the run.
    pub now: Timestamp,
}

#[derive(Deserialize)]
struct Index {
    offers: BTreeMap<String, IndexedOffer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexedOffer {
    current_version_url: String,
    current_region_index_url: Option<String>,
}

#[derive(Deserialize)]
struct RegionIndex {
    regions: BTreeMap<String, IndexedRegion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexedRegion {
    current_version_url: String,
}

/// One file to be read.
struct OfferFile {
    service: &'static str,
    /// The Region; `None` for the file of all Regions, which has the global prices.
    region: Option<String>,
    path: String,
}

/// Reads the prices of Regions: one book each.
///
/// # Errors
/// A file cannot be read or used, or there is none for a Region.
pub async fn read_books(
    files: &dyn ReadPriceFiles,
    request: &UpdateRequest,
    events: &Events,
) -> Result<Vec<Book>, UpdateError> {
    let wanted = find_files(files, request).await?;
    let any_region = request.regions.first().cloned().unwrap_or_default();
    let read = stream::iter(wanted)
        .map(|file| {
            let any_region = &any_region;
            async move {
                events.emit(Event::PricesAsked { service: file.service.to_owned() });
                let region = file.region.as_deref().unwrap_or(any_region);
                let offer = read_offer(files, &file, region).await?;
                Ok::<_, UpdateError>((file.region, offer))
            }
        })
        .buffer_unordered(CONCURRENT_FILES);
    let offers: Vec<(Option<String>, Offer)> = read.try_collect().await?;
    let mut books = Vec::new();
    for region in &request.regions {
        let of_region = offers.iter().filter(|(of, _)| of.as_ref().is_none_or(|of| of == region));
        let offers = of_region.map(|(_, offer)| offer.clone()).collect();
        let book = Book::new(region, &request.source, request.now, offers);
        if book.is_empty() {
            let message = format!("the files of {region} have none of the prices that estimates need");
            return Err(UpdateError::Invalid { path: INDEX.to_owned(), message });
        }
        books.push(book);
    }
    Ok(books)
}

/// Finds the files of all services whose prices estimates need.
async fn find_files(files: &dyn ReadPriceFiles, request: &UpdateRequest) -> Result<Vec<OfferFile>, UpdateError> {
    let index: Index = read_index(files, INDEX).await?;
    let mut regional: BTreeMap<&'static str, BTreeSet<&String>> = BTreeMap::new();
    let mut found = Vec::new();
    for region in &request.regions {
        let (services, global) = offer_services(region);
        for service in services {
            regional.entry(service).or_default().insert(region);
        }
        for service in global {
            let is_new = found.iter().all(|file: &OfferFile| file.service != service);
            if let (true, Some(offer)) = (is_new, index.offers.get(service)) {
                found.push(OfferFile { service, region: None, path: csv_path(&offer.current_version_url)? });
            }
        }
    }
    let indexed = regional.into_iter().filter_map(|(service, regions)| {
        let path = index.offers.get(service)?.current_region_index_url.clone()?;
        Some((service, regions, path))
    });
    let read = stream::iter(indexed)
        .map(|(service, regions, path)| async move {
            let index: RegionIndex = read_index(files, &path).await?;
            Ok::<_, UpdateError>((service, regions, index.regions))
        })
        .buffered(CONCURRENT_FILES);
    let indexes: Vec<_> = read.try_collect().await?;
    let mut known = BTreeSet::new();
    for (service, regions, index) in indexes {
        known.extend(index.keys().cloned());
        for region in regions {
            if let Some(file) = index.get(region) {
                let path = csv_path(&file.current_version_url)?;
                found.push(OfferFile { service, region: Some(region.clone()), path });
            }
        }
    }
    for region in &request.regions {
        if !known.contains(region) {
            return Err(UpdateError::UnknownRegion { region: region.clone(), known: known.into_iter().collect() });
        }
    }
    // The largest file first: it takes the longest.
    found.sort_by_key(|file| (file.service != "AmazonEC2", file.service, file.region.clone()));
    Ok(found)
}

/// The path of the CSV form of a file.
fn csv_path(path: &str) -> Result<String, UpdateError> {
    let invalid = || UpdateError::Invalid {
        path: INDEX.to_owned(),
        message: format!("`{}` is not the path of an offer file", visible(path)),
    };
    let path = path.strip_suffix(".json").or_else(|| path.strip_suffix(".csv")).ok_or_else(invalid)?;
    Ok(format!("{}.csv", checked(path).ok_or_else(invalid)?))
}

/// A path that is one of the bulk Price List: nothing in an index leads elsewhere.
fn checked(path: &str) -> Option<&str> {
    let parts = path.strip_prefix('/')?.split('/');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(is_plain);
    (path.len() <= 500 && parts.into_iter().all(is_part)).then_some(path)
}

fn visible(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(100).collect()
}

async fn read_index<T: for<'de> Deserialize<'de>>(files: &dyn ReadPriceFiles, path: &str) -> Result<T, UpdateError> {
    let invalid = |message: String| UpdateError::Invalid { path: visible(path), message };
    let path = checked(path).ok_or_else(|| invalid("it is not a path of the Price List".to_owned()))?;
    let mut attempt = 1;
    let text = loop {
        match read_text(files, path).await {
            Err(error) if error.is_temporary && attempt < ATTEMPTS => attempt += 1,
            other => break other.map_err(|error| unavailable(path, error))?,
        }
    };
    serde_json::from_slice(&text).map_err(|error| invalid(format!("it is not an index of the Price List: {error}")))
}

async fn read_text(files: &dyn ReadPriceFiles, path: &str) -> Result<Vec<u8>, PriceFileError> {
    let mut content = files.open(path).await?;
    let mut text = Vec::new();
    while let Some(piece) = content.next().await {
        text.extend_from_slice(&piece?);
        if text.len() > MAX_INDEX_BYTES {
            let message = format!("it is larger than {} MiB", MAX_INDEX_BYTES >> 20);
            return Err(PriceFileError { message, is_temporary: false });
        }
    }
    Ok(text)
}

fn unavailable(path: &str, error: PriceFileError) -> UpdateError {
    UpdateError::Unavailable { path: path.to_owned(), message: error.message }
}

async fn read_offer(files: &dyn ReadPriceFiles, file: &OfferFile, region: &str) -> Result<Offer, UpdateError> {
    let mut attempt = 1;
    loop {
        let read = match files.open(&file.path).await {
            Ok(content) => parse(content, file, region).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(offer) => return offer.map_err(|message| UpdateError::Invalid { path: file.path.clone(), message }),
            Err(error) if error.is_temporary && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(unavailable(&file.path, error)),
        }
    }
}

/// Parses a file while it arrives: the outer error is one of the transfer, the inner one says why the content is not usable.
async fn parse(
    mut content: FileContent,
    file: &OfferFile,
    region: &str,
) -> Result<Result<Offer, String>, PriceFileError> {
    let (sender, receiver) = mpsc::channel(WAITING_PIECES);
    let parser = OfferParser::new(file.service, region, file.region.is_none());
    let parsed = tokio::task::spawn_blocking(move || parse_lines(parser, Pieces::new(receiver)));
    let mut failure = None;
    while let Some(piece) = content.next().await {
        let (piece, has_failed) = match piece {
            Ok(piece) => (Ok(piece), false),
            Err(error) => {
                failure = Some(error);
                (Err(()), true)
            }
        };
        // A parser that has stopped needs no more.
        if sender.send(piece).await.is_err() || has_failed {
            break;
        }
    }
    drop(sender);
    let parsed = parsed.await.unwrap_or_else(|error| Err(format!("it cannot be parsed: {error}")));
    failure.map_or(Ok(parsed), Err)
}

fn parse_lines(mut parser: OfferParser, pieces: Pieces) -> Result<Offer, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(pieces);
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(|error| error.to_string())? {
        parser.row(&row).map_err(|error| error.to_string())?;
    }
    parser.finish().map_err(|error| error.to_string())
}

/// The pieces of a file as a reader, within limits.
struct Pieces {
    receiver: mpsc::Receiver<Result<Bytes, ()>>,
    piece: Bytes,
    total: u64,
    /// Length of the line so far.
    line: usize,
}

impl Pieces {
    fn new(receiver: mpsc::Receiver<Result<Bytes, ()>>) -> Self {
        Self { receiver, piece: Bytes::new(), total: 0, line: 0 }
    }

    fn count(&mut self, piece: &[u8]) -> io::Result<()> {
        self.total = self.total.saturating_add(piece.len() as u64);
        let mut lines = piece.split(|byte| *byte == b'\n');
        let mut longest = self.line + lines.next().map_or(0, <[u8]>::len);
        self.line = longest;
        for line in lines {
            longest = longest.max(line.len());
            self.line = line.len();
        }
        if longest > MAX_LINE_BYTES {
            return Err(io::Error::other(format!("a line is longer than {} MiB", MAX_LINE_BYTES >> 20)));
        }
        if self.total > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("it is larger than {} GiB", MAX_FILE_BYTES >> 30)));
        }
        Ok(())
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(Err(())) => return Err(io::Error::other("the transfer was interrupted")),
                Some(Ok(piece)) => {
                    self.count(&piece)?;
                    self.piece = piece;
                }
            }
        }
        let length = buffer.len().min(self.piece.len());
        let taken = self.piece.split_to(length);
        buffer[..length].copy_from_slice(&taken);
        Ok(length)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
