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
    /// A drawing, as an SVG path in a square of 48 by 48.
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
        drawing: "M12 6h24v36H12zM17 6v36M22 15h9M22 20h9M8 12h8M8 20h8M8 28h8M8 36h8",
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
        drawing: "M6 42l5-13 7 7zM11 29L29 9l9 9-20 18M29 9l5-4 9 9-5 4M6 42l7-8",
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
        drawing: "M18 6h12v8H18zM20 14v4L9 25v17h30V25l-11-7v-4M9 31h30",
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
        drawing: "M9 42V15l4-9 4 9v27zM20 42V15l4-9 4 9v27zM31 42V15l4-9 4 9v27zM9 15h8M20 15h8M31 15h8M9 36h8M20 36h8M31 36h8",
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
        drawing: "M6 12h36v26H6zM6 12l18 15 18-15M6 38l13-15M42 38L29 23",
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
        drawing: "M31 14v20a8 8 0 0 1-16 0V12a6 6 0 0 1 12 0v20a3 3 0 0 1-6 0V15",
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
