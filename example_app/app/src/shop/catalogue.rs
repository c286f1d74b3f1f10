//! What the shop sells.

use crate::errors::BadInput;
use crate::pages::language::Localized;
use crate::shop::price::Price;

/// Something to buy.
#[derive(Debug, PartialEq, Eq)]
pub struct Product {
    /// What forms and carts call it.
    pub id: &'static str,
    /// What the visitor calls it.
    pub name: Localized,
    /// A sentence about it.
    pub description: Localized,
    /// What one of it costs.
    pub price: Price,
    /// A drawing, as an SVG element.
    pub drawing: &'static str,
}

impl Product {
    /// The product with that id.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn find(id: &str) -> Result<&'static Self, BadInput> {
        let mut all = CATALOGUE.iter();
        all.find(|product| product.id == id)
            .ok_or(BadInput::Product)
    }
}

/// All products, in the order of the shelf.
pub static CATALOGUE: [Product; 6] = [
    Product {
        id: "notebook",
        name: Localized {
            english: "Dotted notebook",
            german: "Notizbuch, gepunktet",
        },
        description: Localized {
            english: "160 pages that lie flat, thread-bound in grey linen.",
            german: "160 Seiten, die flach liegen, fadengebunden in grauem Leinen.",
        },
        price: Price::cents(1_450),
        drawing: include_str!("../../templates/drawings/notebook.svg"),
    },
    Product {
        id: "fountain-pen",
        name: Localized {
            english: "Fountain pen",
            german: "Füllfederhalter",
        },
        description: Localized {
            english: "A steel nib, a brass body, and a lifetime of refills.",
            german: "Stahlfeder, Messingkorpus, ein Leben lang nachfüllbar.",
        },
        price: Price::cents(3_900),
        drawing: include_str!("../../templates/drawings/fountain-pen.svg"),
    },
    Product {
        id: "ink",
        name: Localized {
            english: "Ink, midnight blue",
            german: "Tinte, Mitternachtsblau",
        },
        description: Localized {
            english: "50 ml in a bottle too pretty to throw away.",
            german: "50 ml in einem Glas, das zum Wegwerfen zu schön ist.",
        },
        price: Price::cents(980),
        drawing: include_str!("../../templates/drawings/ink.svg"),
    },
    Product {
        id: "pencils",
        name: Localized {
            english: "Six pencils, HB",
            german: "Sechs Bleistifte, HB",
        },
        description: Localized {
            english: "Cedar, sharpened by hand, with a little smell of school.",
            german: "Zeder, von Hand gespitzt, mit etwas Schulgeruch.",
        },
        price: Price::cents(720),
        drawing: include_str!("../../templates/drawings/pencils.svg"),
    },
    Product {
        id: "letters",
        name: Localized {
            english: "Paper & envelopes",
            german: "Papier & Umschläge",
        },
        description: Localized {
            english: "Twenty of each, for letters that somebody will keep.",
            german: "Je zwanzig, für Briefe, die jemand aufhebt.",
        },
        price: Price::cents(1_100),
        drawing: include_str!("../../templates/drawings/letters.svg"),
    },
    Product {
        id: "clips",
        name: Localized {
            english: "Brass paper clips",
            german: "Büroklammern aus Messing",
        },
        description: Localized {
            english: "Fifty in a tin. They bend, they hold, they do not rust.",
            german: "Fünfzig in der Dose. Sie biegen, halten und rosten nicht.",
        },
        price: Price::cents(490),
        drawing: include_str!("../../templates/drawings/clips.svg"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_is_found_by_its_id() {
        for product in &CATALOGUE {
            assert_eq!(Product::find(product.id), Ok(product));
        }
        assert_eq!(Product::find("Notebook"), Err(BadInput::Product));
    }
}
