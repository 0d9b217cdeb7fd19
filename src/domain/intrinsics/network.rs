//! `Fn::GetAZs` and `Fn::Cidr`.

use core::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::{Resolver, Symbol, call, text_of, zones};
use crate::domain::pointer;
use crate::domain::symbol::is_intrinsic;

/// Maximum number of blocks that `Fn::Cidr` returns.
const MAX_BLOCKS: u128 = 256;

impl Resolver<'_> {
    /// The availability zones of a region; those of the region of the template if it is empty. Unknown for a region that
    /// is not embedded.
    pub(super) fn get_azs(&mut self, argument: &Value, at: &str) -> Value {
        let region = self.argument(argument, at);
        let named = match &region {
            Value::String(text) if text.is_empty() => (self.lookup)(&Symbol::Ref("AWS::Region".to_owned())),
            Value::String(text) => Some(Value::from(text.as_str())),
            other if is_intrinsic(other) => None,
            _ => {
                self.problem(
                    at,
                    "`Fn::GetAZs` takes the name of a region, or an empty string for that of the template",
                );
                None
            }
        };
        let zones = named.as_ref().and_then(Value::as_str).and_then(zones::of);
        zones.map_or_else(|| call("Fn::GetAZs", region), |zones| zones.into_iter().map(Value::from).collect())
    }

    /// The first blocks of a size within a block: `[block, count, bits of each that are not the prefix]`.
    pub(super) fn cidr(&mut self, argument: &Value, at: &str) -> Value {
        let Some(parts) = argument.as_array().filter(|parts| (2..=3).contains(&parts.len())) else {
            self.problem(at, "`Fn::Cidr` takes an IP block, a count and a number of bits");
            return call("Fn::Cidr", argument.clone());
        };
        let parts: Vec<Value> = (0..)
            .zip(parts)
            .map(|(index, part): (usize, &Value)| self.argument(part, &pointer::join(at, &index.to_string())))
            .collect();
        let texts: Option<Vec<String>> = parts.iter().map(text_of).collect();
        // Without a size, CloudFormation chooses one.
        if let Some([block, count, bits]) = texts.as_deref() {
            match blocks(block, count, bits) {
                Ok(blocks) => return blocks.into_iter().map(Value::from).collect(),
                Err(problem) => self.problem(at, problem),
            }
        }
        call("Fn::Cidr", Value::from(parts))
    }
}

/// The first `count` blocks within `block` whose prefix leaves this number of bits.
fn blocks(block: &str, count: &str, bits: &str) -> Result<Vec<String>, String> {
    let invalid = || format!("`{block}` is not an IP block such as 10.0.0.0/16");
    let (address, prefix) = block.split_once('/').ok_or_else(invalid)?;
    let prefix: u32 = prefix.parse().map_err(|_| invalid())?;
    let (width, first): (u32, u128) = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
        (Ok(address), _) => (32, u128::from(u32::from(address))),
        (_, Ok(address)) => (128, u128::from(address)),
        _ => return Err(invalid()),
    };
    if prefix > width {
        return Err(invalid());
    }
    let number = |text: &str, what: &str| {
        text.parse::<u128>().map_err(|_| format!("`{text}` is not a valid {what} of `Fn::Cidr`; use an integer"))
    };
    let (count, bits) = (number(count, "count")?, number(bits, "number of bits")?);
    if !(1..=MAX_BLOCKS).contains(&count) {
        return Err(format!("the count of `Fn::Cidr` must be between 1 and {MAX_BLOCKS}, not {count}"));
    }
    let open = width - prefix;
    let bits = u32::try_from(bits)
        .ok()
        .filter(|bits| *bits <= open)
        .ok_or_else(|| format!("blocks with {bits} bits are larger than {block}, which has {open}"))?;
    let fitting = 1u128.checked_shl(open - bits).unwrap_or(u128::MAX);
    if count > fitting {
        return Err(format!("{block} has room for {fitting} blocks with {bits} bits, not for {count}"));
    }
    let size = 1u128.checked_shl(bits).unwrap_or(0);
    let start = first & !1u128.checked_shl(open).unwrap_or(0).wrapping_sub(1);
    Ok((0..count)
        .map(|index| {
            let address = start.wrapping_add(index.wrapping_mul(size));
            match width {
                32 => format!("{}/{}", Ipv4Addr::from(address as u32), width - bits),
                _ => format!("{}/{}", Ipv6Addr::from(address), width - bits),
            }
        })
        .collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_each_other_within_the_block() {
        for (block, count, bits, expected) in [
            ("10.0.0.0/16", "3", "8", vec!["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
            ("10.1.2.3/16", "1", "12", vec!["10.1.0.0/20"]),
            (
                "192.168.0.0/24",
                "4",
                "6",
                vec!["192.168.0.0/26", "192.168.0.64/26", "192.168.0.128/26", "192.168.0.192/26"],
            ),
            ("0.0.0.0/0", "2", "31", vec!["0.0.0.0/1", "128.0.0.0/1"]),
            ("2001:db8:1234:1a00::/56", "2", "64", vec!["2001:db8:1234:1a00::/64", "2001:db8:1234:1a01::/64"]),
            ("::/0", "1", "128", vec!["::/0"]),
            ("10.0.0.5/32", "1", "0", vec!["10.0.0.5/32"]),
        ] {
            assert_eq!(blocks(block, count, bits).unwrap(), expected, "{block} {count} {bits}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (block, count, bits) in [
            ("10.0.0.0", "1", "8"),
            ("10.0.0.0/33", "1", "8"),
            ("10.0.0/16", "1", "8"),
            ("10.0.0.0/16", "0", "8"),
            ("10.0.0.0/8", "257", "8"),
            ("10.0.0.0/24", "3", "7"),
            ("10.0.0.0/24", "1", "9"),
            ("10.0.0.0/24", "one", "8"),
            ("10.0.0.0/24", "1", "-1"),
            ("10.0.0.0/24", "1", "99999999999"),
        ] {
            assert!(blocks(block, count, bits).is_err(), "{block} {count} {bits}");
        }
    }
}
