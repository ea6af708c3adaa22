//! Finds loops over what does not come again in the same order: their types say so.
//!
//! Type names are parsed just far enough: the path at the root of a name, and its arguments. An adaptor of `core::iter` is
//! as repeatable as what it adapts; of a container only its own type counts, not that of its items.

/// Why a loop over `source` by `iterator` (both type names) is not the same again, and what to write instead.
pub(crate) fn refusal(source: &str, iterator: &str) -> Option<String> {
    // A map whose hasher is known to be fixed vouches for its iterator, which does not tell.
    if is_steady_map(plain(source)) {
        return None;
    }
    let (name, cause) = cause(source).or_else(|| cause(iterator))?;
    Some(format!("it is over a `{name}`, {cause}"))
}

const HASHED: &str = "whose order is different each time: loop over sorted keys, or use a `BTreeMap` or a \
                      `BTreeSet`, or collect it into a `#[resume] let` first and loop over that";
const ITERATED: &str = "whose order may be different each time (its type does not tell the hasher): loop over sorted \
                        keys, or over `&map` if its hasher is a fixed one, or collect it into a `#[resume] let` first";
const GONE: &str = "which gives each item once only: collect it into a `#[resume] let` first and loop over that, or \
                    write `#[transient] for` if items that were taken before a cut need not come again";

/// What in a type is not repeatable, by its short name, and why.
fn cause(name: &str) -> Option<(String, &'static str)> {
    let name = plain(name);
    let (path, arguments) = split(name);
    let short = || path.rsplit("::").next().unwrap_or(path).to_owned();
    if is_hash_collection(path) {
        return (!is_steady(path, &arguments)).then(|| (short(), HASHED));
    }
    if is_hash_iterator(path) {
        return Some((iterator_name(path), ITERATED));
    }
    if is_once(path) {
        return Some((short(), GONE));
    }
    // What is flattened is in the items.
    if path.ends_with("::Flatten") && holds_random(name) {
        return Some((short(), HASHED));
    }
    if is_reader(path) || is_adaptor(path) {
        return arguments.into_iter().find_map(cause);
    }
    // An iterator of somebody else's: what it is made of may be items, but hash iterators hardly are.
    arguments
        .into_iter()
        .map(|argument| split(plain(argument)).0)
        .find(|path| is_hash_iterator(path))
        .map(|path| (iterator_name(path), ITERATED))
}

/// Without references and boxes.
fn plain(mut name: &str) -> &str {
    loop {
        name = name.trim_start();
        let (path, arguments) = split(name);
        let boxed = ["alloc::boxed::Box", "alloc::rc::Rc", "alloc::sync::Arc"].contains(&path);
        if let Some(rest) = name.strip_prefix('&') {
            name = rest.trim_start().strip_prefix("mut ").unwrap_or(rest);
        } else if boxed && !arguments.is_empty() {
            name = arguments[0];
        } else {
            return name;
        }
    }
}

/// The path before the arguments, and the arguments.
fn split(name: &str) -> (&str, Vec<&str>) {
    let Some(open) = name.find('<').filter(|open| *open > 0) else {
        return (name, Vec::new());
    };
    let path = &name[..open];
    let mut arguments = Vec::new();
    let (mut depth, mut begin) = (0_u32, open + 1);
    for (at, c) in name.char_indices().skip_while(|(at, _)| *at <= open) {
        match c {
            '<' | '(' | '[' => depth += 1,
            // The arrow of `fn() -> T` closes nothing.
            '>' if name[..at].ends_with('-') => {}
            '>' if depth == 0 => {
                arguments.push(name[begin..at].trim());
                break;
            }
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                arguments.push(name[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    arguments.retain(|argument| !argument.starts_with('\''));
    (path, arguments)
}

fn is_hash_collection(path: &str) -> bool {
    ["::HashMap", "::HashSet", "::DashMap", "::DashSet"].iter().any(|name| path.ends_with(name))
}

/// A hash map or set that is made with a fixed hasher.
fn is_steady_map(name: &str) -> bool {
    let (path, arguments) = split(name);
    (path.ends_with("::HashMap") || path.ends_with("::HashSet")) && is_steady(path, &arguments)
}

/// Whether the hasher of a hash collection is a fixed one. Its type follows those of the items; where it is the usual one,
/// a random one, some compilers leave it out.
fn is_steady(path: &str, arguments: &[&str]) -> bool {
    let items = if path.ends_with("Set") { 1 } else { 2 };
    arguments.get(items).is_some_and(|hasher| !hasher.contains("RandomState") && !hasher.contains("DefaultHashBuilder"))
}

/// Whether a hash collection of a random hasher is anywhere in a type.
fn holds_random(name: &str) -> bool {
    holds_random_of(name, "")
}

/// Whether a hash set of a random hasher is anywhere in a type. A map is known to serde as one, a set is a sequence.
pub(crate) fn holds_random_set(name: &str) -> bool {
    // Asked of each argument of each call.
    name.contains("Set<") && holds_random_of(name, "Set")
}

/// Whether a hash collection of a random hasher, whose name ends with `end`, is anywhere in a type.
fn holds_random_of(name: &str, end: &str) -> bool {
    let (path, arguments) = split(plain(name));
    let is_one = path.ends_with(end) && is_hash_collection(path) && !is_steady(path, &arguments);
    is_one || arguments.into_iter().any(|argument| holds_random_of(argument, end))
}

fn is_hash_iterator(path: &str) -> bool {
    ["hash::map::", "hash::set::", "hashbrown::map::", "hashbrown::set::", "dashmap::iter"]
        .iter()
        .any(|module| path.contains(module))
        && !is_hash_collection(path)
}

/// `hash_map::Keys` for `std::collections::hash::map::Keys`.
fn iterator_name(path: &str) -> String {
    let mut parts = path.rsplit("::");
    let name = parts.next().unwrap_or(path);
    match parts.next() {
        Some(module) => format!("hash_{module}::{name}"),
        None => name.to_owned(),
    }
}

/// Channels, standard input, sockets and pipes.
fn is_once(path: &str) -> bool {
    let channels = ["::mpsc::", "::mpmc::", "crossbeam_channel::", "flume::", "kanal::", "async_channel::"];
    let streams = ["::stdio::Stdin", "::process::ChildStd", "::net::tcp::", "::unix::net::"];
    channels.iter().chain(&streams).any(|part| path.contains(part))
}

/// What reads from something: as repeatable as that.
fn is_reader(path: &str) -> bool {
    path.starts_with("std::io::")
}

fn is_adaptor(path: &str) -> bool {
    path.contains("::iter::adapters::") || path.starts_with("itertools::")
}

#[cfg(test)]
mod tests {
    use super::refusal;
    use std::any::type_name_of_val;
    use std::collections::hash_map::DefaultHasher;
    use std::collections::{BTreeMap, HashMap, HashSet};
    use std::hash::BuildHasherDefault;
    use std::io::BufRead;

    fn of<I: IntoIterator>(source: I) -> Option<String> {
        let name = type_name_of_val(&source);
        refusal(name, std::any::type_name::<I::IntoIter>())
    }

    type Steady = HashMap<u8, u8, BuildHasherDefault<DefaultHasher>>;

    #[test]
    fn random_order_is_refused() {
        let map = HashMap::from([(1, "a")]);
        let set = HashSet::from([1]);
        assert!(of(&map).is_some_and(|why| why.contains("`HashMap`") && why.contains("sorted keys")));
        assert!(of(map.keys()).is_some_and(|why| why.contains("`hash_map::Keys`")));
        assert!(of(map.clone()).is_some());
        assert!(of(map.iter().enumerate().skip(1)).is_some());
        assert!(of((0..3).zip(map.values())).is_some());
        assert!(of((0..3).chain(set.iter().copied())).is_some());
        assert!(of(&set).is_some());
        assert!(of(set).is_some());
        assert!(of([map].into_iter().flatten()).is_some());
        assert!(of((0..2).flat_map(|_| HashMap::<u8, u8>::new())).is_some());
        assert!(of(Steady::default().keys()).is_some());
    }

    #[test]
    fn what_comes_once_is_refused() {
        let (_sender, receiver) = std::sync::mpsc::channel::<u8>();
        assert!(of(receiver.try_iter().map(|x| x + 1)).is_some());
        assert!(of(&receiver).is_some_and(|why| why.contains("#[resume] let")));
        assert!(of(std::io::stdin().lines()).is_some());
        assert!(of(std::io::stdin().lock().lines().enumerate()).is_some());
    }

    #[test]
    fn what_comes_again_is_taken() {
        let maps = vec![HashMap::from([(1, 2)])];
        assert_eq!(of(&maps), None);
        assert_eq!(of(maps.iter().enumerate()), None);
        let (tree, steady) = (BTreeMap::from([(1, maps.clone())]), Steady::default());
        assert_eq!(of(&tree), None);
        assert_eq!(of(&steady), None);
        assert_eq!(of(Steady::default()), None);
        assert_eq!(of("a b".split(' ').map(str::len)), None);
        assert_eq!(of(std::io::Cursor::new("a\nb").lines()), None);
        assert_eq!(of((0..3).map(|i| move || i)), None);
        assert_eq!(of(std::iter::once(std::sync::mpsc::channel::<u8>().1).map(|r| r.recv())), None);
    }
}
