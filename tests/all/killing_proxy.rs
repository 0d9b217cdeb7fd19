//! A proxy that kills a client with `kill -9` after any call.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::support::{Server, User};

/// Passes requests on to a server and kills a process when the response to a certain request has arrived.
pub struct KillingProxy {
    /// The address of the proxy.
    pub endpoint: String,
    state: Arc<ProxyState>,
}

#[derive(Default)]
struct ProxyState {
    /// Requests since the first one that changes something.
    requests: AtomicUsize,
    /// The number of the request after which the process is killed; 0 for none.
    last: AtomicUsize,
    /// The process.
    process: AtomicUsize,
}

impl KillingProxy {
    /// A proxy before a server.
    pub fn new(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(ProxyState::default());
        let (upstream, shared) = (server.endpoint.replace("http://", ""), Arc::clone(&state));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (upstream, state) = (upstream.clone(), Arc::clone(&shared));
                std::thread::spawn(move || {
                    let _ = pass_on(client, &upstream, &state);
                });
            }
        });
        Self { endpoint, state }
    }

    /// Runs a command and kills it after a number of calls from its first mutating one. Returns the exit code, or `None` if it
    /// was killed.
    pub fn run(&self, user: &User, arguments: &[&str], last: usize) -> Option<i32> {
        self.state.requests.store(0, Ordering::SeqCst);
        self.state.last.store(last, Ordering::SeqCst);
        let started = |process: u32| self.state.process.store(process as usize, Ordering::SeqCst);
        user.run_with_id(arguments, started)
    }

    /// Kills nothing from now on.
    pub fn rest(&self) {
        self.state.last.store(0, Ordering::SeqCst);
    }
}

/// Reads a message of HTTP/1.1 with a `content-length`; `None` at the end of the connection.
fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let (mut text, mut length) = (Vec::new(), 0);
    loop {
        let start = text.len();
        if stream.read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&text[start..]).to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let head = text.len();
    text.resize(head + length, 0);
    stream.read_exact(&mut text[head..])?;
    Ok(Some(text))
}

fn pass_on(client: TcpStream, upstream: &str, state: &ProxyState) -> std::io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let (mut to_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let (mut client, mut server) = (BufReader::new(client), BufReader::new(server));
    while let Some(request) = message(&mut client)? {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let changes = ["createresource", "updateresource", "deleteresource", "tagresources", "untagresources"];
        let is_counted = state.requests.load(Ordering::SeqCst) > 0
            || changes.iter().any(|name| text.contains(&format!(".{name}\r\n")));
        to_server.write_all(&request)?;
        let Some(response) = message(&mut server)? else { return Ok(()) };
        if is_counted && state.requests.fetch_add(1, Ordering::SeqCst) + 1 == state.last.load(Ordering::SeqCst) {
            let process = state.process.load(Ordering::SeqCst).to_string();
            let killed = std::process::Command::new("sh").args(["-c", &format!("kill -9 {process}")]).status()?;
            assert!(killed.success());
            return Ok(());
        }
        to_client.write_all(&response)?;
    }
    Ok(())
}

/// Lets the sandbox forget the client tokens of all requests: they are 37 hours old.
pub fn forget_tokens(owner: &User) {
    let folder = owner.folder().join("../sandbox");
    let file = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| std::fs::read(path).is_ok_and(|content| content.starts_with(b"SQLite format 3")));
    let connection = rusqlite::Connection::open(file.expect("the sandbox has a database")).unwrap();
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    connection.execute("UPDATE requests SET accepted_at = accepted_at - 37 * 3600000", []).unwrap();
}
