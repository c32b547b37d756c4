//! A configuration file as a tree with line numbers: keys are asked for by name, whatever is wrong is noted, and what
//! nobody asked for is found at the end.
//!
//! Promises: one wrong value costs one complaint and nothing else. Never: stops at the first.

use crate::config::Complaint;
use common::words::SettingPhrase;
use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// How alike two keys must be (Jaro-Winkler, 0 to 1) for the one to be offered in place of the other.
const ALIKE: f64 = 0.7;
/// Complaints about one file. Behind these the file is probably no configuration at all.
const COMPLAINTS_MAX: usize = 100;
/// Complaints that are noted before the first ones by line are chosen.
const NOTED_MAX: usize = 10 * COMPLAINTS_MAX;

/// The file while it is read.
pub(super) struct Sheet<'a> {
    text: &'a str,
    complaints: RefCell<Vec<Complaint>>,
    /// (section, key) of everything that was asked for.
    known: RefCell<Vec<(String, &'static str)>>,
    /// Every section that was opened, to be searched for keys nobody asked for.
    opened: RefCell<Vec<(String, &'a DeTable<'a>)>>,
}

/// One table of the file, or an absent one.
pub(super) struct Section<'s, 'a> {
    sheet: &'s Sheet<'a>,
    path: String,
    table: Option<&'a DeTable<'a>>,
    /// Where it begins, for complaints about what it lacks.
    start: Option<usize>,
}

/// Any text that names a file or a directory.
pub(super) fn path(key: &str, text: &str) -> Result<PathBuf, SettingPhrase<'static>> {
    if text.is_empty() || text.contains('\0') {
        return Err(super::network::bad(key, text, "nexthop-data"));
    }
    Ok(PathBuf::from(text))
}

impl<'a> Sheet<'a> {
    /// From the text and what the parser complained of.
    pub(super) fn new(text: &'a str, syntax: Vec<toml::de::Error>) -> Sheet<'a> {
        let sheet =
            Sheet { text, complaints: RefCell::default(), known: RefCell::default(), opened: RefCell::default() };
        for error in syntax {
            let problem = SettingPhrase::Syntax(error.message().to_owned().into());
            sheet.complain(error.span().map(|span| span.start), String::new(), problem);
        }
        sheet
    }

    /// The keys outside of any table.
    pub(super) fn top<'s>(&'s self, table: &'a DeTable<'a>) -> Section<'s, 'a> {
        self.open(String::new(), Some(table), None)
    }

    fn open<'s>(&'s self, path: String, table: Option<&'a DeTable<'a>>, start: Option<usize>) -> Section<'s, 'a> {
        if let Some(table) = table {
            let mut opened = self.opened.borrow_mut();
            if !opened.iter().any(|(_, other)| std::ptr::eq(*other, table)) {
                opened.push((path.clone(), table));
            }
        }
        Section { sheet: self, path, table, start }
    }

    fn complain(&self, offset: Option<usize>, key: String, problem: SettingPhrase<'static>) {
        let line = offset.map(|offset| 1 + self.text.as_bytes()[..offset].iter().filter(|&&b| b == b'\n').count());
        let complaint = Complaint { line, key, problem };
        let mut complaints = self.complaints.borrow_mut();
        if complaints.len() < NOTED_MAX && !complaints.contains(&complaint) {
            complaints.push(complaint);
        }
    }

    /// All complaints in the order of the lines, those about unknown keys included.
    pub(super) fn complaints(self) -> Vec<Complaint> {
        for (path, table) in self.opened.borrow().iter() {
            for key in table.keys() {
                let name: &str = key.get_ref();
                if !self.known.borrow().iter().any(|(section, known)| section == path && *known == name) {
                    let problem = self.unknown(path, name);
                    self.complain(Some(key.span().start), join(path, name), problem);
                }
            }
        }
        let mut complaints = self.complaints.into_inner();
        complaints.sort_by_key(|complaint| complaint.line); // stable: what the parser says of a line stays first
        let is_syntax = |complaint: &Complaint| matches!(complaint.problem, SettingPhrase::Syntax(_));
        complaints.dedup_by(|next, first| next.line == first.line && is_syntax(first));
        complaints.truncate(COMPLAINTS_MAX);
        complaints
    }

    /// Looks for what was meant: a like key of the same table, else one of another table.
    fn unknown(&self, path: &str, key: &str) -> SettingPhrase<'static> {
        let known = self.known.borrow();
        let likeness = |other: &str| strsim::jaro_winkler(&key.to_lowercase(), other);
        let best = |here: bool| {
            let others = known.iter().filter(|(section, _)| (section == path) == here);
            others.max_by(|a, b| likeness(a.1).total_cmp(&likeness(b.1)))
        };
        let near =
            |found: Option<&(String, &'static str)>, least: f64| found.filter(|f| likeness(f.1) >= least).cloned();
        let found = near(best(false), 1.0).or(near(best(true), ALIKE)).or(near(best(false), 0.9));
        let (nearest, elsewhere) = match found {
            Some((section, name)) if section == path => (Some(name.into()), None),
            Some((section, name)) => (Some(name.into()), Some(section.into())),
            None => (None, None),
        };
        let mut all: Vec<&str> = known.iter().filter(|(section, _)| section == path).map(|(_, key)| *key).collect();
        all.sort_unstable();
        all.dedup();
        SettingPhrase::UnknownKey {
            key: key.to_owned().into(),
            section: path.to_owned().into(),
            nearest,
            elsewhere,
            known: all.join(", ").into(),
        }
    }
}

/// `smtp` and `listen` make `smtp.listen`.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl<'s, 'a> Section<'s, 'a> {
    /// Whether the file sets this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// The name by which a person knows the key.
    pub(super) fn name(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Notes something wrong with a key, on its own line, else where the table begins.
    pub(super) fn complain(&self, key: &str, problem: SettingPhrase<'static>) {
        let written = self.table.and_then(|table| table.get_key_value(key)).map(|(name, _)| name.span().start);
        self.sheet.complain(written.or(self.start), self.name(key), problem);
    }

    /// The same about what the key is set to. A value that begins before every key is one that the parser made up to
    /// get past a syntax error: that was complained of already.
    fn complain_value(&self, key: &str, value: &Spanned<DeValue<'_>>, problem: SettingPhrase<'static>) {
        if value.span().start > 0 {
            self.sheet.complain(Some(value.span().start), self.name(key), problem);
        }
    }

    /// Asks for a key; from now on it is known.
    fn take(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.sheet.known.borrow_mut().push((self.path.clone(), key));
        self.table?.get(key)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, example: &str) {
        let problem = SettingPhrase::WrongType {
            key: self.name(key).into(),
            found: value.get_ref().type_str(),
            example: format!("{key} = {example}").into(),
        };
        self.complain_value(key, value, problem);
    }

    /// A string; `read` gets the key's full name and the string. `example` is a value as TOML writes it.
    pub(super) fn text<T>(
        &self,
        key: &'static str,
        example: &str,
        read: impl Fn(&str, &str) -> Result<T, SettingPhrase<'static>>,
    ) -> Option<T> {
        let value = self.take(key)?;
        match value.get_ref().as_str() {
            Some(text) => self.judge(key, value, read(&self.name(key), text)),
            None => {
                self.wrong_type(key, value, example);
                None
            }
        }
    }

    /// A list of strings with at least `least` and at most `most` of them.
    pub(super) fn texts<T>(
        &self,
        key: &'static str,
        length: RangeInclusive<usize>,
        example: &str,
        read: impl Fn(&str, &str) -> Result<T, SettingPhrase<'static>>,
    ) -> Option<Vec<T>> {
        self.list(key, length, example, |item| match item.get_ref().as_str() {
            Some(text) => self.judge(key, item, read(&self.name(key), text)),
            None => {
                self.wrong_type(key, item, example);
                None
            }
        })
    }

    /// A whole number within its limits.
    pub(super) fn number(&self, key: &'static str, range: RangeInclusive<u64>, example: &str) -> Option<u64> {
        let value = self.take(key)?;
        self.whole(key, value, &range, example)
    }

    /// A list of whole numbers within their limits.
    pub(super) fn numbers(
        &self,
        key: &'static str,
        length: RangeInclusive<usize>,
        range: RangeInclusive<u64>,
        example: &str,
    ) -> Option<Vec<u64>> {
        self.list(key, length, example, |item| self.whole(key, item, &range, example))
    }

    fn list<T>(
        &self,
        key: &'static str,
        length: RangeInclusive<usize>,
        example: &str,
        read: impl Fn(&'a Spanned<DeValue<'a>>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.take(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, example);
            return None;
        };
        if !length.contains(&items.len()) {
            let (found, least, most) = (items.len() as u64, *length.start() as u64, *length.end() as u64);
            self.complain(key, SettingPhrase::ListLength { key: self.name(key).into(), found, least, most });
            return None;
        }
        let read: Vec<Option<T>> = items.iter().map(read).collect();
        read.into_iter().collect()
    }

    fn whole(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: &RangeInclusive<u64>,
        example: &str,
    ) -> Option<u64> {
        let Some(written) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, example);
            return None;
        };
        let number =
            u64::from_str_radix(written.as_str(), written.radix()).ok().filter(|number| range.contains(number));
        if number.is_none() {
            let problem = SettingPhrase::OutOfRange {
                key: self.name(key).into(),
                value: written.to_string().into(),
                least: range.start().to_string().into(),
                most: range.end().to_string().into(),
            };
            self.complain_value(key, value, problem);
        }
        number
    }

    fn judge<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        result: Result<T, SettingPhrase<'static>>,
    ) -> Option<T> {
        result.map_err(|problem| self.complain_value(key, value, problem)).ok()
    }

    /// A table; an absent one reads as all defaults.
    pub(super) fn section(&self, key: &'static str) -> Section<'s, 'a> {
        let path = self.name(key);
        let Some(value) = self.take(key) else { return self.sheet.open(path, None, None) };
        let table = value.get_ref().as_table();
        if table.is_none() {
            let problem = SettingPhrase::WrongType {
                key: path.clone().into(),
                found: value.get_ref().type_str(),
                example: format!("[{path}]").into(),
            };
            self.sheet.complain(Some(value.span().start), path.clone(), problem);
        }
        self.sheet.open(path, table, Some(value.span().start))
    }

    /// The tables of `[[key]]`.
    pub(super) fn sections(&self, key: &'static str, most: usize) -> Vec<Section<'s, 'a>> {
        let path = self.name(key);
        let Some(value) = self.take(key) else { return Vec::new() };
        let tables = value.get_ref().as_array().map(|items| {
            let tables = items.iter().map(|item| item.get_ref().as_table().map(|table| (table, item.span().start)));
            tables.collect::<Option<Vec<_>>>()
        });
        let Some(Some(tables)) = tables else {
            let found = value.get_ref().type_str();
            let problem =
                SettingPhrase::WrongType { key: path.clone().into(), found, example: format!("[[{path}]]").into() };
            self.sheet.complain(Some(value.span().start), path, problem);
            return Vec::new();
        };
        if tables.len() > most {
            let (found, most) = (tables.len() as u64, most as u64);
            self.complain(key, SettingPhrase::ListLength { key: path.clone().into(), found, least: 0, most });
        }
        let open = |(table, start)| self.sheet.open(path.clone(), Some(table), Some(start));
        tables.into_iter().take(most).map(open).collect()
    }

    /// A table whose keys are the writer's own: every key with its string.
    pub(super) fn pairs(&self, key: &'static str, most: usize, example: &str) -> Vec<(&'a str, &'a str)> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, example);
            return Vec::new();
        };
        if table.len() > most {
            let (found, most) = (table.len() as u64, most as u64);
            self.complain(key, SettingPhrase::ListLength { key: self.name(key).into(), found, least: 0, most });
        }
        let pair = |(name, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &'a std::borrow::Cow<'a, str> = name.get_ref();
            let text = value.get_ref().as_str();
            if text.is_none() {
                self.wrong_type(key, value, example);
            }
            Some((name.as_ref(), text?))
        };
        table.iter().take(most).filter_map(pair).collect()
    }

    /// Notes something wrong with one key of a table that [`Section::pairs`] read.
    pub(super) fn complain_pair(&self, key: &str, name: &str, problem: SettingPhrase<'static>) {
        let table = self.table.and_then(|table| table.get(key)).and_then(|value| value.get_ref().as_table());
        let start = table.and_then(|table| table.get_key_value(name)).map(|(name, _)| name.span().start);
        self.sheet.complain(start, join(&self.name(key), name), problem);
    }
}
