//! An HTTP/1.1 server for the sandbox, with keep-alive.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{Hung, Sandbox, SandboxError};

/// The maximum size of a request body; Cloud Control's own limit for a model is 256 KiB.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The grace period for open connections at shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// Serves a sandbox until `shutdown` completes; calls in progress are completed first.
pub async fn serve(
    sandbox: Sandbox,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), SandboxError> {
    let (stop, stopping) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(sandbox.clone(), stream, stopping.clone()));
                }
                // An error of one connection does not affect the others.
                Err(error) if is_of_one_connection(&error) => {}
                // Most likely out of file descriptors, which closing connections release.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    drop(stopping);
    // Fails only when no connection is left, which is intended.
    let _ = stop.send(());
    let _ = tokio::time::timeout(GRACE, stop.closed()).await;
    Ok(())
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}

async fn connection(sandbox: Sandbox, stream: TcpStream, mut stopping: watch::Receiver<()>) {
    // Responses are small: waiting to fill a packet only adds latency.
    let _ = stream.set_nodelay(true);
    let sandbox = Arc::new(sandbox);
    let service = service_fn(move |request| respond(Arc::clone(&sandbox), request));
    let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A broken connection is the client's problem.
        _ = &mut connection => {}
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn respond(sandbox: Arc<Sandbox>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
        }
        Err(_) => return Ok(plain(StatusCode::BAD_REQUEST)),
    };
    let request = Request::from_parts(parts, body);
    tokio::time::sleep(sandbox.latency(&request)).await;
    // The store may wait for another process's write; that must not hold up other connections.
    let answered = tokio::task::spawn_blocking(move || sandbox.handle(request)).await;
    if answered.as_ref().is_ok_and(|response| response.extensions().get::<Hung>().is_some()) {
        std::future::pending::<()>().await;
    }
    Ok(answered.map_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR), |response| response.map(Full::new)))
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}
