//! The products of the shop.

use crate::errors::BadInput;
use crate::pages::language::Localized;
use crate::shop::price::Price;

/// A product of the shop.
#[derive(Debug, PartialEq, Eq)]
pub struct Product {
    /// The identifier in forms and carts.
    pub id: &'static str,
    /// The name that visitors see.
    pub name: Localized,
    /// A sentence about the product.
    pub description: Localized,
    /// The price of one item.
    pub price: Price,
    /// A drawing, as an SVG element.
    pub drawing: &'static str,
}

impl Product {
    /// Returns the product with that id.
    ///
    /// # Errors
    ///
    /// Returns [`BadInput::Product`] if there is no such product.
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
            german: "160 Seiten, die flach aufliegen, fadengebunden in grauem Leinen.",
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
            german: "Tinte, Mitternachts\u{ad}blau",
        },
        description: Localized {
            english: "50 ml in a bottle too pretty to throw away.",
            german: "50 ml in einem Fläschchen, das zu schön zum Wegwerfen ist.",
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
            english: "Cedar, sharpened by hand, with a faint smell of school.",
            german: "Zedernholz, von Hand gespitzt, mit einem Hauch von Schulzeit.",
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
            english: "Twenty of each, for letters worth keeping.",
            german: "Je zwanzig Stück, für Briefe, die man aufhebt.",
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
            german: "Fünfzig in der Dose: biegsam, fest und rostfrei.",
        },
        price: Price::cents(490),
        drawing: include_str!("../../templates/drawings/clips.svg"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_found_by_its_exact_id() {
        for product in &CATALOGUE {
            assert_eq!(Product::find(product.id), Ok(product));
        }
        assert_eq!(Product::find("Notebook"), Err(BadInput::Product));
    }
}
