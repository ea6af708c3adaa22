//! A workflow of three steps: prepare data, train a logistic regression on it, evaluate the model.
//!
//! ```text
//! cargo run --release --example workflow -- [SEED] [EPOCHS]
//! ```
//!
//! There is no step file and no flag for what is done already: the function reads from top to
//! bottom, and a restored run goes on at its last checkpoint, in whichever step that stands. The
//! log file is `#[transient]`: opened again at each start. A part of the data set that follows from
//! the rest is left out of the snapshots and made again.

use std::env;
use std::error::Error;
use std::f64::consts::TAU;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize};

/// How many numbers describe a point: all products of its coordinates up to the second degree.
const FEATURES: usize = 6;

/// A point in the plane, and whether it belongs to the class that is to be learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
    inside: bool,
}

/// Points with their features.
///
/// The features are three times as large as the points that they follow from. Serde skips them when
/// it writes, and makes them again from the points when it reads: a restored `Data` is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Points")]
pub struct Data {
    points: Vec<Point>,
    #[serde(skip)]
    features: Vec<[f64; FEATURES]>,
}

/// What of `Data` is in a snapshot.
#[derive(Deserialize)]
struct Points {
    points: Vec<Point>,
}

impl From<Points> for Data {
    fn from(Points { points }: Points) -> Self {
        let features = points.iter().map(|&Point { x, y, .. }| [1.0, x, y, x * x, x * y, y * y]).collect();
        Self { points, features }
    }
}

/// What the training has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The weight of each feature.
    pub weights: [f64; FEATURES],
    /// The share of new points that the model puts on the right side.
    pub accuracy: f64,
}

/// Prepares, trains, evaluates.
///
/// The log holds what each process did: after a cut, a line written since the last snapshot comes a
/// second time.
#[resumable]
pub fn workflow(seed: u64, epochs: usize, #[transient] log: &Path) -> io::Result<Report> {
    #[transient]
    let mut log = append_to(log)?;

    writeln!(log, "preparing")?;
    #[resume]
    let data = prepare(seed);
    checkpoint!(label = "prepared", every = 1);

    #[resume]
    let mut weights = [0.0; FEATURES];
    for epoch in 1..=epochs {
        let loss = descend(&mut weights, &data);
        if epoch % 100 == 0 {
            writeln!(log, "epoch {epoch}: loss {loss:.4}")?;
        }
        checkpoint!(label = "training", interval = "10s");
    }

    let accuracy = evaluate(&weights, &prepare(seed + 1));
    writeln!(log, "accuracy {accuracy:.3}")?;
    Ok(Report { weights, accuracy })
}

/// Opens a file to write at its end.
fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Draws points of which those in a disc off the centre make up the class, blurred at its edge.
fn prepare(seed: u64) -> Data {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let points = (0..4_000)
        .map(|_| {
            let (radius, angle) = (2.0 * uniform(&mut rng), TAU * uniform(&mut rng));
            let (x, y) = (radius * angle.cos(), radius * angle.sin());
            let distance = (x - 0.4).hypot(y + 0.2);
            Point { x, y, inside: distance + 0.2 * uniform(&mut rng) < 1.0 }
        })
        .collect();
    Data::from(Points { points })
}

/// Takes one step down the gradient of the logistic loss; gives the loss before it.
fn descend(weights: &mut [f64; FEATURES], data: &Data) -> f64 {
    let count = data.points.len() as f64;
    let mut gradient = [0.0; FEATURES];
    let mut loss = 0.0;
    for (point, features) in data.points.iter().zip(&data.features) {
        let guess = probability(weights, features);
        let truth = f64::from(u8::from(point.inside));
        loss -= (1.0 - (guess - truth).abs()).ln();
        for (slope, feature) in gradient.iter_mut().zip(features) {
            *slope += (guess - truth) * feature;
        }
    }
    for (weight, slope) in weights.iter_mut().zip(gradient) {
        *weight -= slope / count;
    }
    loss / count
}

/// The share of the points that the weights put on the right side.
fn evaluate(weights: &[f64; FEATURES], data: &Data) -> f64 {
    let pairs = data.points.iter().zip(&data.features);
    let right = pairs.filter(|(point, features)| (probability(weights, features) > 0.5) == point.inside);
    right.count() as f64 / data.points.len() as f64
}

/// How likely a point with these features is inside, as far as the weights know.
fn probability(weights: &[f64; FEATURES], features: &[f64; FEATURES]) -> f64 {
    let score: f64 = weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum();
    1.0 / (1.0 + (-score).exp())
}

/// A number from 0 up to, but not including, 1.
fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

const USAGE: &str = "usage: workflow [SEED] [EPOCHS], whole numbers";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seed = arguments.next().map_or(Ok(42), |text| text.parse().or(Err(USAGE)))?;
    let epochs = arguments.next().map_or(Ok(20_000), |text| text.parse().or(Err(USAGE)))?;
    let log = env::temp_dir().join("resume-workflow.log");

    let report = workflow(seed, epochs, &log)?;
    println!("accuracy: {:.3}", report.accuracy);
    println!("weights: {:.3?}", report.weights);
    println!("the log: {}", log.display());
    Ok(())
}
