//! Codes about estimates: usage and prices.

use super::Code;
use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::UnknownUsage),
        title: "Unknown usage key",
        explanation: "The usage file gives a figure that the cost of the type does not depend on. A misspelled key \
            would otherwise leave the assumed figure in place.",
        example: &["types:", "  AWS::S3::Bucket: {storage: 50}     # storage_gb"],
        next_step: "Use one of the keys in the hint. `stagegate estimate --supported` lists the usage keys of each \
            type.",
    },
    Entry {
        topic: error(Code::WrongUsage),
        title: "Invalid usage figure",
        explanation: "A usage figure is negative, too large, or not a number. Usage is what is used in a month, \
            zero or more.",
        example: &["types:", "  AWS::S3::Bucket: {storage_gb: -1}"],
        next_step: "Give the quantity for one month as a number without a unit.",
    },
    Entry {
        topic: warning(Code::UsageWithoutResource),
        title: "Usage for a resource that is not there",
        explanation: "The usage file has figures under `resources` for a name that no resource of this run has as \
            its logical id or identifier. The figures have no effect, which may mean that the name is misspelled. \
            For the project's own usage file it is a note.",
        example: &["resources:", "  Uplaods: {storage_gb: 500}     # the template has `Uploads`"],
        next_step: "Correct the name, or remove the entry.",
    },
    Entry {
        topic: warning(Code::OtherUsage),
        title: "Verdict with another usage file",
        explanation: "`estimate --gate --usage FILE` tells whether `create` would ask for an approval if it used \
            FILE. `create` reads only the usage file of the project, and this is a different one.",
        example: &["stagegate estimate -f bucket.yaml --usage heavy.yaml --gate"],
        next_step: "To make the verdict that of `create`, write `usage: FILE` in `stagegate.yaml`.",
    },
    Entry {
        topic: warning(Code::PriceNotMatched),
        title: "Price not matched",
        explanation: "The AWS Price List answered, but with no product, or several products with different prices, \
            for what the estimate needs. An older or embedded price is used instead, or the price is unknown, as the \
            message says. An unknown price needs an approval.",
        example: &["warning[price-not-matched]: no price for rds.db.t3.micro.MySQL.single in eu-west-1: …"],
        next_step: "Check the price in the message against the service's price page. An update of stagegate may \
            know more prices.",
    },
    Entry {
        topic: warning(Code::PricesOffline),
        title: "Price List could not be asked",
        explanation: "The AWS Price List did not answer, for the reason in the message. Prices from earlier runs or \
            those embedded in this version are used instead, and each line of the estimate says which. Older prices \
            can lead to an approval that a live price would not need.",
        example: &["warning[prices-offline]: the Price List could not be queried: pricing:GetProducts is denied"],
        next_step: "Allow `pricing:GetProducts`, which is free of charge, and check the network. `--offline` uses \
            no live prices, without this warning.",
    },
];
