//! Codes about estimates: usage and prices.

use super::Code;
use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: warning(Code::CostFromTags),
        title: "Estimates instead of a bill",
        explanation: "Cost Explorer may not be used with these credentials, is not enabled in the account, or does not exist in \
            the partition. The review has the estimates of the tags `CostEstimate` instead, for the resources that exist now. \
            Resources without the tag are not in it, and neither is what was deleted or never had an estimate.",
        example: &["warning[cost-from-tags]: dev: the amounts are estimates of the tags CostEstimate, not a bill: …"],
        next_step: "Allow `ce:GetCostAndUsage`, and enable Cost Explorer in the billing console.",
    },
    Entry {
        topic: error(Code::CostMonth),
        title: "Month without costs",
        explanation: "Cost Explorer has the current month and the 13 months before. The month that was asked for has not begun, \
            or is too long ago.",
        example: &["stagegate cost --month 2031-01"],
        next_step: "Use a month in the range of the hint. Older bills are in the billing console.",
    },
    Entry {
        topic: warning(Code::CostTagInactive),
        title: "No cost has the tag",
        explanation: "Managed resources have the tag, but none of the account's costs does. A tag is part of bills only after \
            it was activated as a cost allocation tag, which takes up to a day and does not change earlier bills. Without \
            `Project`, estimates cannot be compared with bills.",
        example: &["warning[cost-tag-inactive]: dev: no cost has the tag Project, which managed resources have"],
        next_step: "Activate the tag in the billing console of the account that pays, under cost allocation tags.",
    },
    Entry {
        topic: warning(Code::OtherCurrency),
        title: "Costs in another currency",
        explanation: "The bill has amounts that are not in US dollars. They have a total of their own: amounts of different \
            currencies are not added, and `cost.alerts` are in US dollars.",
        example: &[
            "warning[other-currency]: amounts in other currencies than US dollars are not compared with cost.alerts",
        ],
        next_step: "Check the total in the other currency yourself.",
    },
    Entry {
        topic: warning(Code::BillingAlarmsUnread),
        title: "Billing alarms not read",
        explanation: "AWS publishes the charges of an account in us-east-1, and the alarms there could not be read. The review \
            does not know which billing alarms exist.",
        example: &["warning[billing-alarms-unread]: dev: the billing alarms could not be read: …"],
        next_step: "Grant the permissions of the hint.",
    },
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
        example: &[
            "warning[price-not-matched]: no price for sqs.standard in us-east-1: the Price List has no matching product; …",
        ],
        next_step: "Check the price in the message against the service's price page. An update of stagegate may \
            know more prices.",
    },
    Entry {
        topic: warning(Code::PricesOffline),
        title: "Price List could not be asked",
        explanation: "The AWS Price List did not answer, for the reason in the message. Prices from earlier runs or \
            those embedded in this version are used instead, and each line of the estimate says which. Older prices \
            can lead to an approval that a live price would not need.",
        example: &["warning[prices-offline]: the Price List could not be queried: pricing:GetProducts is denied …"],
        next_step: "Allow `pricing:GetProducts`, which is free of charge, and check the network. `--offline` uses \
            no live prices, without this warning.",
    },
    Entry {
        topic: warning(Code::RegionWithoutPrices),
        title: "No prices of the Region",
        explanation: "The prices that are embedded in stagegate are those of a few Regions. For another Region, prices come \
            from the Price List API or from a price book. Without either, what is billed there is unknown, and an unknown \
            price needs an approval.",
        example: &["stagegate estimate -f queue.yaml --region ap-south-1 --offline"],
        next_step: "Run `stagegate prices update --region REGION`, or allow `pricing:GetProducts`.",
    },
    Entry {
        topic: error(Code::PriceFilesUnavailable),
        title: "Price list could not be downloaded",
        explanation: "A file of AWS's public price list could not be read to its end, after several attempts. The price \
            books are unchanged.",
        example: &[
            "error[price-files-unavailable]: `/offers/v1.0/aws/index.json` cannot be read: …; nothing was changed",
        ],
        next_step: "Check the network and the proxy, and run `stagegate prices update` again. `--from` takes a mirror or a \
            folder with the files.",
    },
    Entry {
        topic: error(Code::PriceFilesInvalid),
        title: "Price list is not usable",
        explanation: "A file does not have the documented form of an offer file of AWS's price list, is the file of another \
            service, or is incomplete. Nothing was taken from it, and the price books are unchanged.",
        example: &[
            "error[price-files-invalid]: `/offers/v1.0/aws/index.json` cannot be used: it is not an index of the Price List: …; nothing was changed",
        ],
        next_step: "Run `stagegate prices update` again. With `--from`, check what the server or folder has at the path.",
    },
    Entry {
        topic: error(Code::PriceRegionUnknown),
        title: "Region without a price list",
        explanation: "AWS's public price list has no files for the Region: its name is misspelled, or it belongs to another \
            partition. The price books are unchanged.",
        example: &["stagegate prices update --region Ireland"],
        next_step: "Use one of the Regions in the hint.",
    },
    Entry {
        topic: error(Code::PriceBookUnwritable),
        title: "Price book not stored",
        explanation: "The prices were downloaded, and the file for them could not be written, or not be read back because \
            the folder belongs to another user. Estimates use what they used before.",
        example: &[
            "error[price-book-unwritable]: the prices cannot be stored in /home/ana/.cache/stagegate/price-book: …",
        ],
        next_step: "Correct the owner and the permissions of the folder, or set `XDG_CACHE_HOME`.",
    },
    Entry {
        topic: error(Code::InsecurePriceSource),
        title: "Price list over an unencrypted connection",
        explanation: "Prices decide whether a plan needs an approval. Over `http://`, anybody on the way could change them, so \
            only servers on this machine are accepted.",
        example: &["stagegate prices update --from http://mirror.example.com"],
        next_step: "Use `https://`, or copy the files to a folder and use `--from DIR`.",
    },
    Entry {
        topic: warning(Code::PriceBookUnusable),
        title: "Price book is not used",
        explanation: "The file of a price book is damaged, was written by another version of stagegate, or belongs to another \
            user. Estimates ignore it.",
        example: &[
            "warning[price-book-unusable]: the price book of eu-west-1 is not used: its file is damaged, of another version, or of another user",
        ],
        next_step: "Run `stagegate prices update --region REGION`, which replaces the file.",
    },
    Entry {
        topic: warning(Code::PriceBookOld),
        title: "Old price book",
        explanation: "The prices of a Region were downloaded more than 30 days ago, or the clock was set back since. They are \
            still used where the Price List API is not available, and need an approval.",
        example: &["warning[price-book-old]: the price book of eu-west-1 is 45d old: its prices need an approval"],
        next_step: "Run `stagegate prices update --region REGION`.",
    },
];
