//! The sandbox on a port.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

/// Sends one request on an open connection and reads its answer.
fn exchange(stream: &mut TcpStream, target: &str, body: &str) -> String {
    let request = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: {target}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={DEV}/20261120/us-east-1/cloudcontrolapi/\
         aws4_request, SignedHeaders=host, Signature=0\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "closed after {answer}");
        answer.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length: ").map(|text| text.parse::<usize>().unwrap())
        });
        if body.len() >= length.unwrap() {
            return answer;
        }
    }
}

#[test]
fn one_connection_serves_many_calls_and_shutdown_ends_it() {
    let cloud = cloud();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = runtime.spawn(serve(cloud.sandbox.clone(), listener, async {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(address).unwrap();
    let list = "CloudApiService.ListResources";
    let answer = exchange(&mut stream, list, r#"{"TypeName":"AWS::SQS::Queue"}"#);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("x-amzn-requestid"), "{answer}");
    let answer = exchange(&mut stream, list, r#"{"TypeName":"AWS::No::Such"}"#);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("TypeNotFoundException"), "{answer}");
    stop.send(()).unwrap();
    runtime.block_on(served).unwrap().unwrap();
    assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
}
