//! A crawler: an `async fn` that walks a queue of pages, over a small web server that the program
//! starts itself.
//!
//! ```text
//! cargo run --release --example async_crawl -- [PAGES]
//! ```
//!
//! The queue, what was seen and what was found are captured. The connections are not: a page that
//! was being fetched at the cut is still wanted by the restored queue, so it is fetched again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::env;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use resume_runtime::{checkpoint, resumable};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// Follows all links from page `start`, breadth first; gives the size of each page.
///
/// The server gets a new port whenever the program starts: its address is `#[transient]`, or each
/// start would be another run.
#[resumable]
pub async fn crawl(start: &str, #[transient] server: SocketAddr) -> io::Result<BTreeMap<String, usize>> {
    #[resume]
    let mut queue = VecDeque::from([start.to_owned()]);
    #[resume]
    let mut seen = BTreeSet::from([start.to_owned()]);
    #[resume]
    let mut sizes = BTreeMap::new();
    while let Some(page) = queue.pop_front() {
        let body = fetch(server, &page).await?;
        for link in links(&body) {
            if seen.insert(link.to_owned()) {
                queue.push_back(link.to_owned());
            }
        }
        sizes.insert(page, body.len());
        checkpoint!(every = 10);
    }
    Ok(sizes)
}

/// Fetches the body of one page.
async fn fetch(server: SocketAddr, page: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(format!("GET {page} HTTP/1.0\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other(format!("{page}: no body")))?;
    Ok(body.to_owned())
}

/// The targets of the links in a page.
fn links(body: &str) -> impl Iterator<Item = &str> {
    body.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(link, _)| link)
}

/// Starts a server with `pages` pages that link to each other, on a free port.
pub async fn serve(pages: u32, latency: Duration) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, pages, latency));
        }
    });
    Ok(address)
}

/// Answers one request.
async fn answer(stream: TcpStream, pages: u32, latency: Duration) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    // To the empty line that ends the request: unread bytes would make the system reset the
    // connection.
    while stream.read_line(&mut request).await? > 2 {}
    sleep(latency).await;
    let number = request.split(['/', ' ']).nth(2).and_then(|name| name.parse().ok()).unwrap_or(0);
    stream.write_all(format!("HTTP/1.0 200 OK\r\n\r\n{}", page(number, pages)).as_bytes()).await
}

/// The text of a page: links to two later pages and back to an earlier one.
fn page(number: u32, pages: u32) -> String {
    [2 * number + 1, 2 * number + 2, number / 3]
        .iter()
        .filter(|&&target| target < pages)
        .map(|target| format!("<a href=\"/{target}\">page {target}</a>\n"))
        .collect()
}

const USAGE: &str = "usage: async_crawl [PAGES], a whole number";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pages = env::args().nth(1).map_or(Ok(1_000), |text| text.parse().or(Err(USAGE)))?;
    let server = serve(pages, Duration::from_millis(10)).await?;

    let sizes = crawl("/0", server).await?;
    println!("{} pages, {} bytes", sizes.len(), sizes.values().sum::<usize>());
    Ok(())
}
