//! Exact changes of a float's width, on the bits alone: a conversion by the processor would alter signalling NaNs.

/// The widths of the fields of a binary float.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    exponent: u32,
    mantissa: u32,
}

pub(super) const HALF: Layout = Layout { exponent: 5, mantissa: 10 };
pub(super) const SINGLE: Layout = Layout { exponent: 8, mantissa: 23 };
const DOUBLE: Layout = Layout { exponent: 11, mantissa: 52 };

impl Layout {
    /// The exponent field of infinities and NaNs.
    const fn special(self) -> u64 {
        (1 << self.exponent) - 1
    }

    const fn bias(self) -> i64 {
        (1 << (self.exponent - 1)) - 1
    }

    const fn sign(self, bits: u64) -> u64 {
        bits >> (self.exponent + self.mantissa) & 1
    }

    const fn exponent(self, bits: u64) -> u64 {
        bits >> self.mantissa & self.special()
    }

    const fn mantissa(self, bits: u64) -> u64 {
        bits & ((1 << self.mantissa) - 1)
    }

    const fn join(self, sign: u64, exponent: u64, mantissa: u64) -> u64 {
        (sign << self.exponent | exponent) << self.mantissa | mantissa
    }
}

/// The bits of the `f64` that has the value (or the NaN payload) of a narrower float.
pub(super) fn widen(bits: u64, from: Layout) -> u64 {
    let (sign, exponent, mantissa) = (from.sign(bits), from.exponent(bits), from.mantissa(bits));
    let room = DOUBLE.mantissa - from.mantissa;
    let shift_of_bias = DOUBLE.bias() - from.bias();
    if exponent == from.special() {
        return DOUBLE.join(sign, DOUBLE.special(), mantissa << room);
    }
    if exponent != 0 {
        return DOUBLE.join(sign, exponent + shift_of_bias as u64, mantissa << room);
    }
    if mantissa == 0 {
        return DOUBLE.join(sign, 0, 0);
    }
    // Subnormal there, normal here: the leading one becomes the implicit one.
    let up = from.mantissa - mantissa.ilog2();
    let exponent = (1 + shift_of_bias) as u64 - u64::from(up);
    DOUBLE.join(sign, exponent, DOUBLE.mantissa(mantissa << (up + room)))
}

/// The bits of the narrower float that has the value (or the NaN payload) of an `f64`, if there is one.
pub(super) fn narrow(bits: u64, to: Layout) -> Option<u64> {
    let (sign, exponent, mantissa) = (DOUBLE.sign(bits), DOUBLE.exponent(bits), DOUBLE.mantissa(bits));
    let room = DOUBLE.mantissa - to.mantissa;
    if exponent == DOUBLE.special() {
        return drop_zeros(mantissa, room).map(|mantissa| to.join(sign, to.special(), mantissa));
    }
    if exponent == 0 {
        return (mantissa == 0).then(|| to.join(sign, 0, 0));
    }
    let exponent = exponent as i64 - DOUBLE.bias() + to.bias();
    if exponent >= to.special() as i64 {
        return None;
    }
    if exponent > 0 {
        return drop_zeros(mantissa, room).map(|mantissa| to.join(sign, exponent as u64, mantissa));
    }
    let down = u64::from(room) + (1 - exponent) as u64;
    if down > u64::from(DOUBLE.mantissa) {
        return None;
    }
    drop_zeros(1 << DOUBLE.mantissa | mantissa, down as u32).map(|mantissa| to.join(sign, 0, mantissa))
}

/// Shifts right if only zeros fall out.
fn drop_zeros(bits: u64, count: u32) -> Option<u64> {
    (bits.trailing_zeros() >= count).then_some(bits >> count)
}
