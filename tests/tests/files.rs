//! Files that a run writes and reads: the same after any cut, and changed ones are noticed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Once;
#[cfg(unix)]
use std::thread;
#[cfg(unix)]
use std::time::{Duration, Instant};

use resume_runtime::fs::{CsvFormat, CsvReader, CsvWriter, InputFile, OutputFile, csv};
use resume_runtime::store::Memory;
use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};
#[cfg(unix)]
use resume_tests::child::Program;
use resume_tests::child::Scratch;
use resume_tests::convert::{WRITTEN, convert, prepare};
#[cfg(unix)]
use resume_tests::random::Random;

fn scratch(name: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), name)
}

/// What stands in a file, decompressed.
fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("it is there");
    let mut content = Vec::new();
    match path.extension().and_then(|end| end.to_str()) {
        Some("gz") => flate2::bufread::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut content).map(drop),
        Some("zst") => zstd::stream::copy_decode(&bytes[..], &mut content),
        _ => return bytes,
    }
    .expect("whole members, one behind the other");
    content
}

fn contents(folder: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    WRITTEN.into_iter().map(|name| (name, content(&folder.join(name)))).collect()
}

#[test]
fn cut_at_every_pass() {
    let folder = scratch("cut");
    prepare(folder.path(), 23).expect("the orders");
    let report = cut_everywhere(|| {
        let sum = convert(folder.path()).map_err(|error| error.to_string());
        assert!(sum.is_ok(), "{sum:?}");
        (sum, contents(folder.path()))
    });
    assert_eq!(report.passes, 24);
}

/// What `csv` itself reads in the tables is what it was given.
#[test]
fn tables_are_whole() {
    let folder = scratch("tables");
    prepare(folder.path(), 40).expect("the orders");
    convert(folder.path()).expect("it runs");
    let mut bills = CsvReader::open(folder.path().join("table.csv")).expect("the bills");
    let names: Vec<String> = bills.headers().expect("headers").iter().map(str::to_owned).collect();
    assert_eq!(names, ["number", "text", "cents"]);
    let mut count = 0;
    while let Some((number, text, _)) = bills.read::<(u64, String, u64)>().expect("a bill") {
        assert_eq!(number, count);
        assert!(text.ends_with("\"\n") && text.contains("\nsize \"") && text.contains(", red"), "{text:?}");
        count += 1;
    }
    assert_eq!(count, 40);
}

/// A child that is killed at random moments, again and again.
#[cfg(unix)]
#[test]
fn killed_at_random_moments() {
    let (whole, folder) = (scratch("whole"), scratch("killed"));
    let program = |scratch: &Scratch| {
        let place = scratch.path().to_string_lossy().into_owned();
        Program::new(env!("CARGO_BIN_EXE_files"), &scratch.path().join("store"), &[&place, "300"])
    };
    let start = Instant::now();
    let sum = program(&whole).run().success();
    let time = start.elapsed();
    let mut random = Random::new(std::process::id().into());
    let mut resumed = 0;
    for round in 0..25 {
        let mut running = program(&folder).start();
        thread::sleep(Duration::from_micros(random.next() % (time.as_micros() as u64 / 3).max(1)));
        running.kill();
        let run = running.finish();
        assert!(run.status.success() || !run.says(&["error"]), "round {round}: {run:?}");
        resumed += u32::from(run.says(&["resumed"]));
    }
    assert_eq!(program(&folder).run().success(), sum);
    assert!(resumed > 3, "only {resumed} of 25 were resumed");
    assert!(contents(folder.path()) == contents(whole.path()), "seed {}", std::process::id());
}

/// Stopped behind the fourth of ten rows if `stops`.
#[resumable]
fn ten(folder: &Path, #[transient] stops: bool) -> io::Result<u64> {
    #[resume]
    let mut input = InputFile::open(folder.join("input"))?;
    #[resume]
    let mut output = OutputFile::create(folder.join("output"))?;
    #[resume]
    let mut sum = 0;
    while let Some(line) = input.next_line()? {
        sum = sum * 3 + line.len() as u64;
        writeln!(output, "{sum}")?;
        checkpoint!(every = 2);
        if stops && sum > 40 {
            return Err(io::Error::other("stopped"));
        }
    }
    output.finish()?;
    Ok(sum)
}

fn in_memory() {
    static STORE: Once = Once::new();
    STORE.call_once(|| {
        resume_runtime::configure().store_in(Memory::new()).quiet(true);
    });
}

/// A run of `ten` that was stopped; all of them share a store in memory.
fn stopped(name: &str) -> Scratch {
    in_memory();
    let folder = scratch(name);
    fs::write(folder.path().join("input"), "a\nbb\nccc\ndddd\neeeee\nf\ng\nh\ni\nj\n").expect("the input");
    let stopped = ten(folder.path(), true).map_err(|error| error.to_string());
    assert_eq!(stopped, Err("stopped".to_owned()));
    folder
}

/// What the next start of a stopped run says after `change`.
fn refused(name: &str, change: impl Fn(&Path) -> io::Result<()>) -> String {
    let folder = stopped(name);
    change(folder.path()).expect("a change");
    let error = ten(folder.path(), false).expect_err("a changed file").to_string();
    assert!(error.contains("what to do: ") && error.contains("RESUME_FRESH=1"), "{error}");
    assert!(!error.contains("of its type"), "{error}");
    assert!(error.contains(&folder.path().display().to_string()), "{error}");
    error
}

#[track_caller]
fn says(error: &str, words: &[&str]) {
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

#[test]
fn an_output_that_is_not_as_it_was_is_an_error() {
    says(&refused("gone", |folder| fs::remove_file(folder.join("output"))), &["`output`", "output file", "is missing"]);
    let emptied = refused("emptied", |folder| File::create(folder.join("output")).map(drop));
    says(&emptied, &["has 0 bytes, and had 10 when", "`create` outside"]);
    let short = refused("short", |folder| fs::write(folder.join("output"), "1\n"));
    says(&short, &["has 2 bytes, and had 10 when", "RESUME_FROM"]);
    let changed = refused("changed", |folder| {
        let text = fs::read_to_string(folder.join("output"))?;
        fs::write(folder.join("output"), text.replacen('1', "7", 1))
    });
    says(&changed, &["output file", "has changed: its first 10 bytes"]);
    let folder_there = refused("folder", |folder| {
        fs::remove_file(folder.join("output"))?;
        fs::create_dir(folder.join("output"))
    });
    says(&folder_there, &["output file"]);
}

#[test]
fn an_input_that_is_not_as_it_was_is_an_error() {
    says(&refused("gone", |folder| fs::remove_file(folder.join("input"))), &["`input`", "input file", "is missing"]);
    let short = refused("short", |folder| fs::write(folder.join("input"), "a\nbb\n"));
    says(&short, &["input file", "has 5 bytes, and had 30 when"]);
    // What was read, and what was not.
    for (from, to) in [("a\nbb", "a\nBB"), ("\nh\n", "\nH\n")] {
        let changed = refused("changed", |folder| {
            let text = fs::read_to_string(folder.join("input"))?;
            fs::write(folder.join("input"), text.replacen(from, to, 1))
        });
        says(&changed, &["input file", "has changed"]);
    }
}

/// Opening a pipe to read waits for who writes to it: here, for ever.
#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_an_input_is_an_error() {
    let (done, ended) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let pipe =
            |path: &Path| std::process::Command::new("mkfifo").arg(path).status().map(|made| assert!(made.success()));
        let there = refused("pipe", |folder| {
            fs::remove_file(folder.join("input"))?;
            pipe(&folder.join("input"))
        });
        says(&there, &["input file", "is no regular file any more"]);
        let folder = scratch("pipe-new");
        let path = folder.path().join("input");
        pipe(&path).expect("a pipe");
        says(&InputFile::open(&path).expect_err("a pipe").to_string(), &["input", "not a regular file"]);
        done.send(()).expect("the test waits");
    });
    ended.recv_timeout(Duration::from_secs(60)).expect("none of them waits");
}

#[resumable]
fn lent(rows: u64, #[resume] out: &mut OutputFile, #[transient] stops: bool) -> io::Result<()> {
    for n in 0..rows {
        writeln!(out, "{n}")?;
        if stops && n == 7 {
            return Err(io::Error::other("stopped"));
        }
        checkpoint!(every = 3);
    }
    Ok(())
}

/// What the caller does at each start: it opens the file at its end, writes a line, and hands it to the run.
fn lend(path: &Path, form: &str, stops: bool) -> io::Result<()> {
    let mut out = if form == "gz" { OutputFile::append_gz(path)? } else { OutputFile::append(path)? };
    writeln!(out, "rows")?;
    lent(20, &mut out, stops)?;
    out.finish()
}

/// The file has grown since the first start, and the run is the same.
#[test]
fn an_output_of_the_callers_is_gone_on_with() -> io::Result<()> {
    in_memory();
    for form in ["plain", "gz"] {
        let folder = scratch("lent");
        let (cut, whole) = (folder.path().join(format!("cut.{form}")), folder.path().join(format!("whole.{form}")));
        for path in [&cut, &whole] {
            fs::write(path, b"")?;
        }
        for _ in 0..2 {
            assert_eq!(lend(&cut, form, true).map_err(|error| error.to_string()), Err("stopped".to_owned()));
        }
        lend(&cut, form, false)?;
        lend(&whole, form, false)?;
        assert_eq!(String::from_utf8_lossy(&content(&cut)), String::from_utf8_lossy(&content(&whole)));
    }
    Ok(())
}

#[resumable]
fn doomed(path: &Path, #[transient] dies_at: u64) -> io::Result<()> {
    #[resume]
    let mut out = OutputFile::create(path)?;
    for n in 0..20 {
        writeln!(out, "{n}")?;
        assert_ne!(n, dies_at, "it dies");
        checkpoint!(every = 3);
    }
    out.finish()
}

/// A start from an older snapshot cuts the file back, and from then on a newer one is of a longer file.
#[test]
fn a_run_that_has_stepped_back_does_not_step_forward() -> io::Result<()> {
    in_memory();
    let folder = scratch("doomed");
    let path = folder.path().join("rows");
    // Snapshots after 9 and 12 passes are there; no start gets on from either.
    for dies_at in [13, 12, 12, 12, 9, 9, 9] {
        assert!(std::panic::catch_unwind(|| doomed(&path, dies_at)).is_err(), "{dies_at}");
    }
    doomed(&path, u64::MAX)?;
    assert_eq!(fs::read_to_string(&path)?, (0..20).map(|n| format!("{n}\n")).collect::<String>());
    Ok(())
}

/// Lines that come at its end, another time of change, and what the stopped run wrote behind its snapshot do no harm.
#[test]
fn what_only_grows_is_gone_on_with() {
    let folder = stopped("grown");
    let mut input = File::options().append(true).open(folder.path().join("input")).expect("the input");
    input.write_all(b"kk\n").expect("one more line");
    let mut output = File::options().append(true).open(folder.path().join("output")).expect("the output");
    output.write_all(b"to be written again, and never finished").expect("a tail");
    let sum = ten(folder.path(), false).expect("it goes on");
    let written = fs::read(folder.path().join("output")).expect("the output");
    let whole = scratch("grown-whole");
    fs::copy(folder.path().join("input"), whole.path().join("input")).expect("the same input");
    assert_eq!(ten(whole.path(), false).expect("a run"), sum);
    assert_eq!(fs::read(whole.path().join("output")).expect("the output"), written);
}

#[test]
fn what_cannot_be_cut_back_is_not_opened() {
    let folder = scratch("special");
    for error in [OutputFile::append(folder.path()).map(drop), InputFile::open(folder.path()).map(drop)] {
        let error = error.expect_err("a folder").to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
    }
    #[cfg(unix)]
    says(&OutputFile::create("/dev/null").expect_err("no file").to_string(), &["/dev/null", "not a regular file"]);
}

/// Compressed files are whole even with nothing in them, and members are put behind members.
#[test]
fn compressed_files_are_whole() -> io::Result<()> {
    let folder = scratch("compressed");
    let (gz, zst) = (folder.path().join("a.gz"), folder.path().join("a.zst"));
    drop((OutputFile::create_gz(&gz)?, OutputFile::create_zstd(&zst, 0)?));
    assert_eq!((content(&gz), content(&zst)), (Vec::new(), Vec::new()));
    for mut file in [OutputFile::append_gz(&gz)?, OutputFile::append_zstd(&zst, 9)?] {
        file.write_all(b"one ")?;
        file.flush()?;
        file.write_all(b"two ")?;
        file.sync_all()?;
        file.write_all(b"three")?;
        file.finish()?;
    }
    assert_eq!((content(&gz), content(&zst)), (b"one two three".to_vec(), b"one two three".to_vec()));
    Ok(())
}

/// Seeks, reads of pieces, and lines, all in one.
#[resumable]
fn wander(path: &Path) -> io::Result<Vec<u8>> {
    #[resume]
    let mut input = InputFile::open(path)?;
    #[resume]
    let mut seen = Vec::new();
    #[resume]
    let mut ahead = 0;
    for step in 0..40u64 {
        match step % 4 {
            0 => drop(input.seek(SeekFrom::Start(step * 4_001))?),
            1 => drop(input.seek(SeekFrom::Current(-77 + step as i64 * 90))?),
            2 => drop(input.seek(SeekFrom::End(-(step as i64) * 100 - 10))?),
            // Read ahead before the cut, taken after it.
            _ => input.consume(ahead),
        }
        let mut piece = [0; 9];
        input.read_exact(&mut piece)?;
        seen.extend(piece);
        let there = input.fill_buf()?;
        seen.extend(there.first());
        ahead = there.len().min(step as usize);
        checkpoint!(every = 1);
    }
    Ok(seen)
}

#[test]
fn an_input_is_sought_in() -> io::Result<()> {
    let folder = scratch("seek");
    let path = folder.path().join("input");
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n ^ (n >> 8) ^ (n >> 15)) as u8).collect();
    fs::write(&path, &bytes)?;
    cut_everywhere(|| wander(&path).map_err(|error| error.to_string()).expect("it reads"));
    assert!(InputFile::open(&path)?.seek(SeekFrom::Current(-1)).is_err());
    Ok(())
}

/// What the writer of `csv` knows of the table so far is known after a cut: the length of records, and that a header was
/// written or not.
#[resumable]
fn rows(path: &Path, format: u64) -> csv::Result<Option<String>> {
    let plain = CsvFormat::new().delimiter(b'\t').terminator(b'|').has_headers(format > 0);
    #[resume]
    let mut table = CsvWriter::with_format(OutputFile::create(path)?, plain);
    checkpoint!(every = 1);
    if format == 2 {
        table.write_record(["a", "b,\t\"", "c"])?;
    }
    for n in 0..6u64 {
        table.write(Row { n, text: format!("{n}|\t\"{n}\""), half: n as f64 / 2.0 })?;
        checkpoint!(every = 1);
    }
    table.flush()?;
    let error = table.write_record(["too", "short"]).err();
    Ok(error.map(|error| error.to_string()))
}

#[derive(serde::Serialize)]
struct Row {
    n: u64,
    text: String,
    half: f64,
}

#[test]
fn a_writer_of_records_knows_what_it_knew() {
    let folder = scratch("rows");
    let path = folder.path().join("rows");
    for format in 0..3 {
        cut_everywhere(|| {
            let error = rows(&path, format).expect("the rows");
            assert!(error.as_ref().is_some_and(|error| error.contains("has 3 fields")), "{error:?}");
            (error, fs::read_to_string(&path).expect("the rows"))
        });
    }
}

/// Headers that are asked for late or early, records before the header line, comments, and positions.
#[resumable]
fn records(path: &Path, has_headers: bool) -> csv::Result<Vec<String>> {
    let mut input = InputFile::open(path)?;
    let preamble = input.next_line()?;
    let format = CsvFormat::new().has_headers(has_headers).comment(b'#').trim(true);
    #[resume]
    let mut table = CsvReader::with_format(input, format)?;
    #[resume]
    let mut seen = Vec::from_iter(preamble);
    checkpoint!(every = 1);
    seen.push(format!("{:?}", table.headers()?));
    checkpoint!(every = 1);
    #[transient]
    let mut record = csv::StringRecord::new();
    while table.read_record(&mut record)? {
        let place = table.position();
        seen.push(format!("{record:?} {} {}", place.line(), place.record()));
        checkpoint!(every = 1);
    }
    Ok(seen)
}

#[test]
fn a_reader_of_records_knows_what_it_knew() {
    let folder = scratch("records");
    let path = folder.path().join("records");
    let text = "made by hand\r\na , b\r\n#1\r\n1,\"two\r\nlines\"\r\n3, 4 \n# 5,6\n7,\"\"\"8\"\"\"\r\n\r\n9,10";
    fs::write(&path, text).expect("the records");
    for has_headers in [false, true] {
        cut_everywhere(|| {
            let seen = records(&path, has_headers).map_err(|error| error.to_string());
            let seen = seen.expect("it reads");
            assert_eq!(seen.len(), if has_headers { 6 } else { 7 }, "{seen:?}");
            seen
        });
    }
}
