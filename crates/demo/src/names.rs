//! Fictional people's names by culture, and their Latin spelling for e-mail addresses.
//! Must not know anything else.

use unicode_normalization::UnicodeNormalization;

/// Names of a culture. An entry is a name as it is shown, or `shown|latin` where the Latin
/// letters do not follow from it.
pub(crate) struct Names {
    pub(crate) given: &'static [&'static str],
    pub(crate) family: &'static [&'static str],
    pub(crate) order: Order,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    GivenFirst,
    FamilyFirst,
    /// Family name first and no space between.
    FamilyFirstJoined,
}

impl Names {
    /// The full name as it is shown.
    pub(crate) fn full(&self, given: &str, family: &str) -> String {
        let (given, family) = (shown(given), shown(family));
        match self.order {
            Order::GivenFirst => format!("{given} {family}"),
            Order::FamilyFirst => format!("{family} {given}"),
            Order::FamilyFirstJoined => format!("{family}{given}"),
        }
    }
}

fn shown(entry: &str) -> &str {
    entry.split_once('|').map_or(entry, |(shown, _)| shown)
}

/// The entry in lower-case ASCII letters.
pub(crate) fn latin(entry: &str) -> String {
    let spelled = entry.split_once('|').map_or(entry, |(_, latin)| latin);
    let letters = spelled.nfd().filter(char::is_ascii_alphabetic);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

const fn names(given: &'static [&'static str], family: &'static [&'static str]) -> Names {
    Names {
        given,
        family,
        order: Order::GivenFirst,
    }
}

pub(crate) const PORTUGUESE: Names = names(
    &[
        "João", "Beatriz", "Tiago", "Mariana", "Rui", "Sofia", "Gonçalo", "Leonor", "Duarte",
        "Carolina", "André", "Luísa", "Vítor", "Helena", "Caio", "Larissa", "Otávio", "Antônia",
    ],
    &[
        "Silva",
        "Carvalho",
        "Conceição",
        "Magalhães",
        "Araújo",
        "Gonçalves",
        "Simões",
        "Brandão",
        "Teixeira",
        "Falcão",
        "Queirós",
        "Antunes",
        "Moura",
        "Sequeira",
        "Pimentel",
        "Guimarães",
    ],
);

pub(crate) const SPANISH: Names = names(
    &[
        "Lucía", "Álvaro", "Martín", "Ximena", "Nicolás", "Begoña", "Íñigo", "Paloma", "Rubén",
        "Ángela", "Joaquín", "Noelia", "Andrés", "Rocío", "Emilio", "Valeria",
    ],
    &[
        "Fernández",
        "Muñoz",
        "Ibáñez",
        "Peña",
        "Ortega",
        "Núñez",
        "Castaño",
        "Vázquez",
        "Zúñiga",
        "Herrero",
        "Montoya",
        "Quiñones",
        "Salcedo",
        "Bermúdez",
        "León",
        "Rincón",
    ],
);

pub(crate) const GERMAN: Names = names(
    &[
        "Jürgen",
        "Anneliese",
        "Björn",
        "Käthe",
        "Lukas",
        "Mareike",
        "Sönke",
        "Frieda",
        "Tobias",
        "Ute",
        "Matthias",
        "Grete",
        "Jonas",
        "Heike",
        "Emil",
        "Rosalie",
    ],
    &[
        "Müller",
        "Schröder",
        "Voß|voss",
        "Köhler",
        "Weiß|weiss",
        "Bäcker",
        "Lindner",
        "Jäger",
        "Krämer",
        "Hoffmann",
        "Zimmermann",
        "Böhm",
        "Thiele",
        "Groß|gross",
        "Albrecht",
        "Seidel",
    ],
);

pub(crate) const FRENCH: Names = names(
    &[
        "Zoé",
        "François",
        "Amélie",
        "Théo",
        "Héloïse",
        "Gaël",
        "Margaux",
        "Clément",
        "Noémie",
        "Loïc",
        "Solène",
        "Benoît",
        "Capucine",
        "Étienne",
        "Maëlle",
        "Rémi",
    ],
    &[
        "Lefèvre",
        "Bérard",
        "Châtelain",
        "Duchêne",
        "Moreau",
        "Delacroix",
        "Garnier",
        "Prévost",
        "Besson",
        "Lemaître",
        "Fabre",
        "Rousseau",
        "Gauthier",
        "Morel",
        "Chevalier",
        "Aubert",
    ],
);

pub(crate) const ITALIAN: Names = names(
    &[
        "Chiara", "Niccolò", "Giulia", "Matteo", "Alessia", "Davide", "Ginevra", "Lorenzo",
        "Martina", "Riccardo", "Ilaria", "Edoardo", "Serena", "Pietro",
    ],
    &[
        "Bianchi",
        "Forlì",
        "De Luca",
        "Marchetti",
        "Ferrara",
        "Conti",
        "Rinaldi",
        "Pellegrini",
        "Gallo",
        "Santoro",
        "Barbieri",
        "Lombardi",
        "Bellini",
        "D'Angelo",
    ],
);

pub(crate) const ENGLISH: Names = names(
    &[
        "Olivia", "Marcus", "Siobhán", "Declan", "Grace", "Theodore", "Imani", "Wesley", "Harriet",
        "Elijah", "Poppy", "Jasper", "Naomi", "Caleb", "Eleanor", "Desmond", "Ruby", "Malcolm",
    ],
    &[
        "Whitaker",
        "O'Connor",
        "Fletcher",
        "Okafor-Hill",
        "Bennett",
        "Ashworth",
        "Delaney",
        "Sinclair",
        "Pemberton",
        "Hughes",
        "Langley",
        "Marsh",
        "Cartwright",
        "Doyle",
        "Winslow",
        "Brooks",
        "Haywood",
        "McAllister",
    ],
);

pub(crate) const DUTCH: Names = names(
    &[
        "Daan", "Sanne", "Bram", "Fleur", "Joost", "Lotte", "Thijs", "Femke", "Ruben", "Noortje",
        "Sjoerd", "Anouk",
    ],
    &[
        "de Vries",
        "van den Berg",
        "Bakker",
        "van Dijk",
        "Visser",
        "Smit",
        "de Graaf",
        "Mulder",
        "Hoekstra",
        "van der Meer",
        "Dekker",
        "Kuipers",
    ],
);

pub(crate) const NORDIC: Names = names(
    &[
        "Åsa",
        "Jonas",
        "Linnéa",
        "Oskar",
        "Hanna",
        "Väinö",
        "Björg",
        "Mikko",
        "Saga",
        "Søren|soren",
        "Aino",
        "Håkan",
        "Elin",
        "Juhani",
    ],
    &[
        "Lindqvist",
        "Berg",
        "Virtanen",
        "Åström",
        "Mäkinen",
        "Nyström",
        "Ødegård|odegard",
        "Korhonen",
        "Sjöberg",
        "Hämäläinen",
        "Dahl",
        "Bergström",
        "Lehtonen",
        "Falk",
    ],
);

pub(crate) const POLISH: Names = names(
    &[
        "Tomasz",
        "Małgorzata|malgorzata",
        "Łukasz|lukasz",
        "Zofia",
        "Paweł|pawel",
        "Grażyna",
        "Wojciech",
        "Agnieszka",
        "Bartłomiej|bartlomiej",
        "Świetlana",
        "Kacper",
        "Hanna",
    ],
    &[
        "Zieliński",
        "Wójcik",
        "Kowalczyk",
        "Dąbrowska",
        "Wiśniewski",
        "Szczęsny",
        "Górski",
        "Kamińska",
        "Jabłońska|jablonska",
        "Piątek",
        "Nowicki",
        "Żak",
    ],
);

pub(crate) const CZECH: Names = names(
    &[
        "Marek",
        "Zdeňka",
        "Jiří",
        "Kateřina",
        "Ondřej",
        "Šárka",
        "Tomáš",
        "Ludmila",
        "Vojtěch",
        "Růžena",
        "Matěj",
        "Alžběta",
    ],
    &[
        "Novotný",
        "Dvořák",
        "Svobodová",
        "Procházka",
        "Kučera",
        "Říha",
        "Horáková",
        "Šimek",
        "Černý",
        "Beneš",
        "Veselá",
        "Kříž",
    ],
);

pub(crate) const GREEK: Names = names(
    &[
        "Νίκος|nikos",
        "Ελένη|eleni",
        "Γιώργος|giorgos",
        "Κατερίνα|katerina",
        "Δημήτρης|dimitris",
        "Αθηνά|athina",
        "Σπύρος|spyros",
        "Μαρία|maria",
    ],
    &[
        "Παπαδάκης|papadakis",
        "Οικονόμου|oikonomou",
        "Βλάχος|vlachos",
        "Δημητρίου|dimitriou",
        "Καραγιάννης|karagiannis",
        "Αλεξίου|alexiou",
        "Μακρής|makris",
        "Ζερβός|zervos",
    ],
);

pub(crate) const TURKISH: Names = names(
    &[
        "Elif",
        "Çağlar",
        "Zeynep",
        "Işıl|isil",
        "Emre",
        "Gülşen",
        "Kerem",
        "Özge",
        "Barış|baris",
        "Defne",
        "Oğuz",
        "Şule",
    ],
    &[
        "Yılmaz|yilmaz",
        "Kaya",
        "Öztürk",
        "Çelik",
        "Şahin",
        "Arslan",
        "Koç",
        "Aydın|aydin",
        "Güneş",
        "Erdoğdu",
        "Yıldız|yildiz",
        "Toprak",
    ],
);

pub(crate) const UKRAINIAN: Names = names(
    &[
        "Олена|olena",
        "Тарас|taras",
        "Ірина|iryna",
        "Богдан|bohdan",
        "Софія|sofiia",
        "Андрій|andrii",
        "Марія|mariia",
        "Юрій|yurii",
    ],
    &[
        "Шевчук|shevchuk",
        "Коваленко|kovalenko",
        "Бондар|bondar",
        "Мельник|melnyk",
        "Лисенко|lysenko",
        "Гончар|honchar",
        "Савченко|savchenko",
        "Дорошенко|doroshenko",
    ],
);

pub(crate) const JAPANESE: Names = Names {
    given: &[
        "陽菜|hina",
        "蓮|ren",
        "美咲|misaki",
        "大翔|hiroto",
        "結衣|yui",
        "悠真|yuma",
        "さくら|sakura",
        "健太|kenta",
        "明日香|asuka",
        "翔太|shota",
        "千尋|chihiro",
        "直樹|naoki",
    ],
    family: &[
        "佐藤|sato",
        "鈴木|suzuki",
        "高橋|takahashi",
        "田中|tanaka",
        "渡辺|watanabe",
        "伊藤|ito",
        "小林|kobayashi",
        "山本|yamamoto",
        "中村|nakamura",
        "加藤|kato",
        "吉田|yoshida",
        "森|mori",
    ],
    order: Order::FamilyFirst,
};

pub(crate) const KOREAN: Names = Names {
    given: &[
        "민준|minjun",
        "서연|seoyeon",
        "지훈|jihun",
        "하은|haeun",
        "도윤|doyun",
        "수빈|subin",
        "예준|yejun",
        "지우|jiwoo",
    ],
    family: &[
        "김|kim", "이|lee", "박|park", "최|choi", "정|jung", "한|han", "윤|yoon", "임|lim",
    ],
    order: Order::FamilyFirstJoined,
};

pub(crate) const CHINESE: Names = Names {
    given: &[
        "怡君|yijun",
        "志明|zhiming",
        "雅婷|yating",
        "俊傑|junjie",
        "淑芬|shufen",
        "家豪|jiahao",
        "心怡|xinyi",
        "冠宇|guanyu",
    ],
    family: &[
        "陳|chen",
        "林|lin",
        "黃|huang",
        "張|chang",
        "李|li",
        "王|wang",
        "吳|wu",
        "劉|liu",
    ],
    order: Order::FamilyFirstJoined,
};

pub(crate) const INDIAN: Names = names(
    &[
        "Priya",
        "Arjun",
        "Ananya",
        "Rohan",
        "Aisha",
        "Vikram",
        "Kavya",
        "Sanjay",
        "Meera",
        "Aditya",
        "अदिति|aditi",
        "रोहित|rohit",
        "Lakshmi",
        "Farhan",
    ],
    &[
        "Nair",
        "Sharma",
        "Iyer",
        "Patel",
        "Rahman",
        "Banerjee",
        "Reddy",
        "Kulkarni",
        "Deshpande",
        "Chatterjee",
        "Menon",
        "Bhatt",
        "Gill",
        "Saxena",
    ],
);

pub(crate) const ARABIC: Names = names(
    &[
        "محمد|mohammed",
        "فاطمة|fatima",
        "عمر|omar",
        "ليلى|layla",
        "خالد|khalid",
        "نور|nour",
        "يوسف|youssef",
        "مريم|mariam",
        "سلمى|salma",
        "طارق|tariq",
        "هدى|huda",
        "زياد|ziad",
    ],
    &[
        "الهاشمي|alhashimi",
        "المنصوري|almansoori",
        "حداد|haddad",
        "النجار|alnajjar",
        "السيد|elsayed",
        "الشامي|alshami",
        "منصور|mansour",
        "القاسمي|alqasimi",
        "فاروق|farouk",
        "عبد الله|abdullah",
        "البستاني|albustani",
        "صالح|saleh",
    ],
);

pub(crate) const HEBREW: Names = names(
    &[
        "נועה|noa",
        "איתן|eitan",
        "תמר|tamar",
        "יונתן|yonatan",
        "שירה|shira",
        "דוד|david",
        "מיכל|michal",
        "אורי|uri",
    ],
    &[
        "כהן|cohen",
        "לוי|levi",
        "מזרחי|mizrahi",
        "פרץ|peretz",
        "ביטון|biton",
        "אברהמי|avrahami",
        "פרידמן|friedman",
        "שרון|sharon",
    ],
);

pub(crate) const NIGERIAN: Names = names(
    &[
        "Chinedu",
        "Adaeze",
        "Babátúndé",
        "Ngozi",
        "Emeka",
        "Folásadé",
        "Ifeoma",
        "Tunde",
        "Zainab",
        "Uche",
    ],
    &[
        "Okonkwo",
        "Adébáyọ̀",
        "Eze",
        "Balogun",
        "Nwosu",
        "Abubakar",
        "Olá",
        "Okafor",
        "Danjuma",
        "Ọláńrewájú",
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&Names; 19] = [
        &PORTUGUESE,
        &SPANISH,
        &GERMAN,
        &FRENCH,
        &ITALIAN,
        &ENGLISH,
        &DUTCH,
        &NORDIC,
        &POLISH,
        &CZECH,
        &GREEK,
        &TURKISH,
        &UKRAINIAN,
        &JAPANESE,
        &KOREAN,
        &CHINESE,
        &INDIAN,
        &ARABIC,
        &HEBREW,
    ];

    #[test]
    fn every_name_has_a_whole_latin_spelling() {
        for names in ALL.into_iter().chain([&NIGERIAN]) {
            for entry in names.given.iter().chain(names.family) {
                let shown: String = shown(entry).nfd().collect();
                let mut letters = shown
                    .chars()
                    .filter(|letter| letter.is_alphabetic())
                    .count();
                if entry.contains('|') {
                    letters = 1;
                }
                assert!(
                    latin(entry).len() >= letters.max(1),
                    "{entry} loses letters"
                );
            }
        }
    }
}
