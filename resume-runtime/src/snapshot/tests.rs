//! Every damage to a file is found, whatever it is, and named.

use super::{Bytes, CHECKSUM, Damage, HEADER, MOST_PER_BYTE, Snapshot, VERSION};
use crate::codec;
use xxhash_rust::xxh3::xxh3_128;

fn sample() -> Snapshot {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    Snapshot {
        function: "krate::mean_position".into(),
        identity: "12ab".into(),
        arguments: "seed = 7, epochs = 10".into(),
        body: u64::MAX,
        site: "for".into(),
        loops: texts(&["for"]),
        line: 13,
        passes: [("for".to_owned(), 9)].into(),
        since: [("for".to_owned(), 2)].into(),
        saved_at: 1_795_257_872_000_000_001,
        elapsed: 0.1,
        progress: Some((9, 10)),
        values: vec![("x".into(), Bytes(vec![0xfb, 0, 255])), ("".into(), Bytes(vec![]))],
        rng: Some(Bytes(vec![0xf6])),
        layout: vec![("for".into(), texts(&["x", "positions"]), texts(&["for"]))],
        finished: false,
    }
}

fn bytes() -> Vec<u8> {
    sample().to_bytes().expect("a snapshot is encodable")
}

/// As an attacker, or a bug, would make it: changed, with a checksum that fits.
fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Result<Snapshot, Damage> {
    let mut bytes = bytes();
    bytes.truncate(bytes.len() - CHECKSUM);
    change(&mut bytes);
    let checksum = xxh3_128(&bytes).to_le_bytes();
    bytes.extend(checksum);
    Snapshot::from_bytes(&bytes)
}

fn forged_body(body: &[u8]) -> Result<Snapshot, Damage> {
    forged(|bytes| {
        let packed = zstd::encode_all(body, 1).expect("packed");
        bytes.splice(12..20, (body.len() as u64).to_le_bytes());
        bytes.splice(20..28, (packed.len() as u64).to_le_bytes());
        bytes.splice(HEADER.., packed);
    })
}

#[test]
fn comes_back() {
    for snapshot in [sample(), Snapshot::default()] {
        let bytes = snapshot.to_bytes().expect("encodable");
        assert_eq!(Snapshot::from_bytes(&bytes), Ok(snapshot));
    }
}

#[test]
fn a_large_one_comes_back() {
    let noise = |i: u32| (i.wrapping_mul(0x9e37_79b9) ^ i.rotate_left(7)) as u8;
    let values = vec![
        ("zeros".to_owned(), Bytes(vec![0; 64 << 20])),
        ("noise".to_owned(), Bytes((0..3 << 20).map(noise).collect())),
    ];
    let snapshot = Snapshot { values, ..sample() };
    let bytes = snapshot.to_bytes().expect("encodable");
    assert!(Snapshot::from_bytes(&bytes) == Ok(snapshot));
    // The bound that the reader takes for granted holds with room to spare.
    let zeros = zstd::encode_all(&vec![0; 64 << 20][..], 1).expect("packed");
    assert!(zeros.len() as u64 * MOST_PER_BYTE > 64 << 20);
}

#[test]
fn every_flipped_byte_is_found() {
    let good = bytes();
    for place in 0..good.len() {
        for flip in [1, 2, 0x10, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[place] ^= flip;
            let damage = Snapshot::from_bytes(&bad).expect_err("a damage");
            assert!(!matches!(damage, Damage::Version(_)), "at {place}: {damage}");
            assert!(!damage.to_string().is_empty());
        }
    }
}

#[test]
fn every_other_length_is_found() {
    let good = bytes();
    for length in 0..good.len() {
        let damage = Snapshot::from_bytes(&good[..length]).expect_err("a damage");
        match length {
            0 => assert_eq!(damage, Damage::Empty),
            1..44 => assert_eq!(damage, Damage::Short { length }),
            _ => assert!(matches!(damage, Damage::Length { stated, there } if there < stated)),
        }
    }
    for more in [1, 7, 4096] {
        let mut long = good.clone();
        long.resize(good.len() + more, 0);
        let damage = Snapshot::from_bytes(&long).expect_err("a damage");
        assert!(matches!(damage, Damage::Length { stated, there } if there > stated));
    }
}

#[test]
fn a_lost_page_is_found() {
    let mut bad =
        Snapshot { values: vec![("x".into(), Bytes((0..=255).collect()))], ..sample() }.to_bytes().expect("encodable");
    bad[64..128].fill(0);
    assert_eq!(Snapshot::from_bytes(&bad), Err(Damage::Checksum));
    assert_eq!(Snapshot::from_bytes(&[0; 4096]), Err(Damage::Foreign));
}

#[test]
fn another_version_is_no_damage() {
    let newer = forged(|bytes| bytes[8] = 2);
    assert_eq!(newer, Err(Damage::Version(2)));
    // Whatever a later version puts between.
    assert_eq!(forged(|b| b.splice(8.., [9, 0, 1]).for_each(drop)), Err(Damage::Version(9)));
    assert_eq!(VERSION, 1, "a new version needs fixtures of the old ones");
}

#[test]
fn forged_headers_are_refused() {
    assert_eq!(forged(|bytes| bytes[10] = 7), Err(Damage::Compression(7)));
    for length in [0, 1, 100_000, 1 << 40, u64::MAX] {
        let result = forged(|bytes| bytes[12..20].copy_from_slice(&length.to_le_bytes()));
        assert!(matches!(result, Err(Damage::Packed(_))), "{length}: {result:?}");
    }
    for length in [0, 1, u64::MAX] {
        let result = forged(|bytes| bytes[20..28].copy_from_slice(&length.to_le_bytes()));
        assert!(matches!(result, Err(Damage::Length { .. })), "{length}: {result:?}");
    }
}

#[test]
fn forged_content_never_panics() {
    for place in HEADER..bytes().len() - CHECKSUM {
        for flip in [1, 0x10, 0x80, 0xff] {
            // Some of these are sound snapshots, of other content.
            let _ = forged(|bytes| bytes[place] ^= flip);
        }
    }
    let body = codec::to_vec(&sample()).expect("encodable");
    assert_eq!(forged_body(&body), Ok(sample()));
    for place in 0..body.len() {
        for flip in [1, 0x20, 0x80, 0xff] {
            let mut body = body.clone();
            body[place] ^= flip;
            let _ = forged_body(&body);
        }
        assert!(matches!(forged_body(&body[..place]), Err(Damage::Body(_))));
    }
    for body in [&[][..], &[0xf6], &[0xa0], &[0x9f; 5000], &[0xbb; 9]] {
        assert!(matches!(forged_body(body), Err(Damage::Body(_))));
    }
}

#[test]
fn trailing_bytes_in_the_body_are_refused() {
    let mut body = codec::to_vec(&sample()).expect("encodable");
    body.push(0xf6);
    assert!(matches!(forged_body(&body), Err(Damage::Body(_))));
}

#[test]
fn a_key_of_a_later_writer_is_skipped() {
    let mut body = codec::to_vec(&sample()).expect("encodable");
    assert_eq!(body[0], 0xb0, "a map of 16, its count in the first byte");
    body.splice(..1, [0xb8, 17]);
    body.extend([0x63, b'n', b'e', b'w', 0x82, 0x01, 0xf6]);
    assert_eq!(forged_body(&body), Ok(sample()));
}

#[test]
fn another_cbor_reader_opens_it() {
    let bytes = bytes();
    let packed = &bytes[HEADER..bytes.len() - CHECKSUM];
    let body = zstd::decode_all(packed).expect("a zstd frame");
    let value: ciborium::Value = ciborium::from_reader(&body[..]).expect("CBOR");
    let map = value.as_map().expect("a map");
    let keys: Vec<_> = map.iter().filter_map(|(key, _)| key.as_text()).collect();
    let stated = include_str!("../../../docs/format.md");
    assert_eq!(keys.len(), 16);
    for key in keys {
        assert!(stated.contains(&format!("| `{key}` | ")), "docs/format.md lacks `{key}`");
    }
}
