//! `prices`: the price books, which estimates use where the Price List API is not available.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};

use crate::cli::{PricesArgs, PricesCommand, PricesUpdateArgs};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::estimate::{BOOK_FRESH_SECONDS, Book, PriceBook as _, Snapshot, age_text};
use crate::outcome::{Failure, NextStep, Outcome};
use crate::pipeline::ports::{FileContent, PriceFileError, ReadPriceFiles};
use crate::pipeline::price_update::{UpdateError, UpdateRequest, read_books};
use crate::pipeline::prices::PriceBooks as _;
use crate::report::{Answer, PriceBookServiceView, PriceBookView, PricesBody};
use crate::run::Run;
use crate::workspace::{BULK_PRICE_LIST, price_book_folder};

/// Size of the pieces in which a file of a folder is read.
const PIECE_BYTES: usize = 64 * 1024;

pub async fn run(arguments: &PricesArgs, run: &Run) -> Result<Answer<PricesBody>, Failure> {
    match &arguments.command {
        PricesCommand::Update(arguments) => update(arguments, run).await,
        PricesCommand::Status => Ok(status(run, Vec::new())),
    }
}

async fn update(arguments: &PricesUpdateArgs, run: &Run) -> Result<Answer<PricesBody>, Failure> {
    let regions = regions(arguments, run)?;
    let source = arguments.from.as_deref().unwrap_or(BULK_PRICE_LIST);
    let files: Box<dyn ReadPriceFiles> = if source.contains("://") {
        check_url(source, arguments, run)?;
        Box::new(run.workspace().price_list_files(source).await?)
    } else {
        Box::new(Folder(PathBuf::from(source)))
    };
    let request = UpdateRequest { regions: regions.clone(), source: without_user(source), now: run.now() };
    let books = read_books(files.as_ref(), &request, run.events()).await.map_err(|error| failed(&error, source))?;
    run.workspace().price_books().store(&books).map_err(|error| {
        let message = format!("the prices cannot be stored in {}: {error}", price_book_folder().display());
        let hint = "set XDG_CACHE_HOME to a folder of your own, or correct the owner of the folder";
        Failure::new(Outcome::Error, Diagnostic::error(Code::PriceBookUnwritable, message).hint(hint))
    })?;
    Ok(status(run, regions))
}

/// The Regions to update: those named, otherwise those of the environments.
fn regions(arguments: &PricesUpdateArgs, run: &Run) -> Result<Vec<String>, Failure> {
    let named = arguments.regions.iter().flat_map(|regions| regions.split(',')).map(str::to_owned);
    let mut regions: Vec<String> = named.collect();
    if regions.is_empty() {
        let environments = run.workspace().project().environments.iter();
        regions = environments.flat_map(|one| [&one.region].into_iter().chain(&one.other_regions)).cloned().collect();
    }
    regions.sort();
    regions.dedup();
    let is_name = |name: &String| {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        !name.is_empty() && name.len() <= 40 && name.chars().all(plain)
    };
    match regions.iter().find(|name| !is_name(name)) {
        None => Ok(regions),
        Some(wrong) => {
            let problem = Diagnostic::error(Code::PriceRegionUnknown, format!("`{wrong}` is not the name of a Region"));
            Err(Failure::usage(vec![problem.hint("use names such as eu-west-1")]))
        }
    }
}

/// Refuses a source that the flags exclude, and one from which anybody on the way could send prices.
fn check_url(source: &str, arguments: &PricesUpdateArgs, run: &Run) -> Result<(), Failure> {
    let is_loopback = is_loopback(source);
    let refuse =
        |code, message: String, hint: &str| Err(Failure::usage(vec![Diagnostic::error(code, message).hint(hint)]));
    let global = run.global();
    let uses_sandbox = run.workspace().project().environments.iter().any(|environment| environment.sandbox);
    if global.offline && !is_loopback {
        return refuse(
            Code::Offline,
            "--offline allows no download of prices".to_owned(),
            "run without --offline, or use --from DIR with a folder that has the files",
        );
    }
    if uses_sandbox && arguments.from.is_none() {
        return refuse(
            Code::Offline,
            "the sandbox makes no network calls, and has no files of the price list".to_owned(),
            "run without --sandbox outside a sandbox project, or name a source with --from",
        );
    }
    if !source.starts_with("https://") && !is_loopback {
        return refuse(
            Code::InsecurePriceSource,
            format!("`{}` is not encrypted", without_user(source)),
            "use https://: prices decide about approvals; http:// is for servers on this machine",
        );
    }
    Ok(())
}

/// True for a server on this machine.
fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// A URL without the user and password that it may contain.
fn without_user(source: &str) -> String {
    match source.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => source.to_owned(),
    }
}

fn failed(error: &UpdateError, source: &str) -> Failure {
    let (code, hint) = match error {
        UpdateError::Unavailable { .. } => {
            (Code::PriceFilesUnavailable, "check the network connection, or use --from URL|DIR".to_owned())
        }
        UpdateError::Invalid { .. } => (Code::PriceFilesInvalid, "run the command again later".to_owned()),
        UpdateError::UnknownRegion { known, .. } => (Code::PriceRegionUnknown, format!("use {}", known.join(", "))),
    };
    let message = format!("{error} ({}); nothing was changed", without_user(source));
    let problem = Diagnostic::error(code, message).hint(hint);
    match error {
        UpdateError::UnknownRegion { .. } => Failure::usage(vec![problem]),
        _ => Failure::new(Outcome::Error, problem),
    }
}

fn status(run: &Run, updated: Vec<String>) -> Answer<PricesBody> {
    let folder = run.workspace().price_books();
    let (mut books, mut unusable) = (Vec::new(), Vec::new());
    for region in folder.regions() {
        match folder.book(&region) {
            Some(book) => books.push(view(&book, run)),
            None => unusable.push(region),
        }
    }
    let problems: Vec<Diagnostic> = unusable
        .iter()
        .map(|region| {
            let message = format!(
                "the price book of {region} is not used: its file is damaged, of another version, or of another user"
            );
            let hint = format!("run `stagegate prices update --region {region}`");
            Diagnostic::warning(Code::PriceBookUnusable, message).hint(hint)
        })
        .chain(books.iter().filter(|book| book.is_stale).map(|book| {
            let age = book.age_seconds.map_or("of unknown age".to_owned(), |age| format!("{} old", age_text(age)));
            let message = format!("the price book of {} is {age}: its prices need an approval", book.region);
            let hint = format!("run `stagegate prices update --region {}`", book.region);
            Diagnostic::warning(Code::PriceBookOld, message).hint(hint)
        }))
        .collect();
    let is_empty = books.is_empty();
    let body = PricesBody {
        directory: price_book_folder().display().to_string(),
        updated,
        books,
        unusable,
        embedded_regions: Snapshot.regions(),
    };
    let answer = Answer::new(Outcome::Ok, body).diagnostics(problems);
    if !is_empty {
        return answer;
    }
    let (why, command) = ("store AWS's list prices for estimates without AWS", "stagegate prices update");
    answer.then(NextStep { why: why.to_owned(), command: command.to_owned() })
}

fn view(book: &Book, run: &Run) -> PriceBookView {
    let age = book.age(run.now());
    let (products, missing) = book.coverage();
    PriceBookView {
        region: book.region.clone(),
        fetched_at: book.fetched_at.to_string(),
        age_seconds: age,
        is_stale: age.is_none_or(|age| age >= BOOK_FRESH_SECONDS),
        source: book.source.clone(),
        prices: book.len() as u64,
        products: products as u64,
        covered: products.saturating_sub(missing.len()) as u64,
        missing,
        services: book
            .services
            .iter()
            .map(|one| PriceBookServiceView {
                service: one.service.clone(),
                published: one.published.clone(),
                rows: one.rows,
                prices: one.prices,
                refused: one.refused,
            })
            .collect(),
    }
}

/// The files of the price list in a folder.
struct Folder(PathBuf);

#[async_trait]
impl ReadPriceFiles for Folder {
    async fn open(&self, path: &str) -> Result<FileContent, PriceFileError> {
        let file = self.0.join(path.trim_start_matches('/'));
        let file = open_regular(&file).map_err(|error| {
            let message = format!("{}: {error}", file.display());
            PriceFileError { message, is_temporary: false }
        })?;
        let pieces = stream::unfold(Some(file), |file| async move {
            let mut file = file?;
            let mut piece = vec![0; PIECE_BYTES];
            match file.read(&mut piece) {
                Ok(0) => None,
                Ok(length) => {
                    piece.truncate(length);
                    Some((Ok(piece.into()), Some(file)))
                }
                Err(error) => {
                    let error = PriceFileError { message: error.to_string(), is_temporary: false };
                    Some((Err(error), None))
                }
            }
        });
        Ok(pieces.boxed())
    }
}

/// Opens a regular file: a pipe may never end.
fn open_regular(file: &Path) -> std::io::Result<std::fs::File> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    std::fs::File::open(file)
}
