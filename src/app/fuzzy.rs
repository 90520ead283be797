//! Finding something in a list by a few of its letters.
//!
//! Every word of what is typed has to stand in the text, its letters in order but not
//! necessarily side by side. Letters that begin a word and letters that stand together count for
//! more, and what stands between them for less. Upper and lower case are the same, unless a word that
//! is typed has upper case in it.

/// What a letter at the beginning of a word counts for.
const BEGINS_WORD: i32 = 8;
/// What a letter counts for that stands directly behind the one before it.
const JOINED: i32 = 6;
/// How many letters of a text are looked at.
const LONGEST: usize = 512;
/// Less than any score, and far enough from the least number to be counted with.
const NEVER: i32 = i32::MIN / 4;

/// How well `haystack` answers to `needle`, more is better, and at which bytes of it the letters
/// stand that were found, in order. `None` where a word of the needle is not in it. Everything
/// answers to an empty needle, with 0.
#[must_use]
pub fn score(needle: &str, haystack: &str) -> Option<(i32, Vec<usize>)> {
    let letters: Vec<(usize, char)> = haystack.char_indices().take(LONGEST).collect();
    let mut total = 0;
    let mut positions = Vec::new();
    for word in needle.split_whitespace() {
        let (score, places) = best(word, &letters)?;
        total += score;
        positions.extend(places.into_iter().map(|place| letters[place].0));
    }
    positions.sort_unstable();
    positions.dedup();
    Some((total, positions))
}

/// The best way to find one word.
fn best(word: &str, letters: &[(usize, char)]) -> Option<(i32, Vec<usize>)> {
    let is_exact = word.chars().any(char::is_uppercase);
    // What the best way counts for that ends with the letter at each place.
    let mut scores: Vec<i32> = Vec::new();
    // For each letter of the word, where the one before it stands when it stands at each place.
    let mut before: Vec<Vec<usize>> = Vec::new();
    for wanted in word.chars() {
        let is_first = before.is_empty();
        let mut here = vec![NEVER; letters.len()];
        let mut from = vec![0; letters.len()];
        // The best place for the one before, further away than directly beside.
        let mut apart: Option<usize> = None;
        for place in 0..letters.len() {
            if let Some(next) = place.checked_sub(2).filter(|next| !is_first && scores[*next] > NEVER)
                && apart.is_none_or(|apart| scores[next] + reach(next) >= scores[apart] + reach(apart))
            {
                apart = Some(next);
            }
            if !is_same(wanted, letters[place].1, is_exact) {
                continue;
            }
            let bonus = if begins_word(letters, place) { BEGINS_WORD } else { 0 };
            if is_first {
                here[place] = bonus;
                continue;
            }
            let joined = place.checked_sub(1).filter(|before| scores[*before] > NEVER);
            let ways = [
                joined.map(|before| (scores[before] + JOINED, before)),
                apart.map(|before| (scores[before] - reach(place - before - 1), before)),
            ];
            if let Some((score, before)) = ways.into_iter().flatten().max() {
                here[place] = score + bonus;
                from[place] = before;
            }
        }
        scores = here;
        before.push(from);
    }
    let (mut place, score) =
        (0..letters.len()).map(|place| (place, scores[place])).rev().max_by_key(|way| way.1)?;
    if score <= NEVER {
        return None;
    }
    let mut places = Vec::new();
    for from in before.iter().rev() {
        places.push(place);
        place = from[place];
    }
    Some((score, places))
}

fn reach(letters: usize) -> i32 {
    i32::try_from(letters).unwrap_or(i32::MAX)
}

fn is_same(wanted: char, letter: char, is_exact: bool) -> bool {
    wanted == letter || !is_exact && wanted.to_lowercase().eq(letter.to_lowercase())
}

fn begins_word(letters: &[(usize, char)], place: usize) -> bool {
    let letter = letters[place].1;
    let Some((_, before)) = place.checked_sub(1).map(|before| letters[before]) else { return true };
    letter.is_alphanumeric() && !before.is_alphanumeric() || letter.is_uppercase() && before.is_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn beginnings_of_words_and_letters_side_by_side_come_first() {
        let of = |haystack| score("lt", haystack).map(|(score, _)| score);
        assert!(of("log tail") > of("filter"));
        assert!(of("filter") > of("pilot"), "what stands between counts against it");
        assert_eq!(of("tl"), None);
        assert_eq!(score("", "anything"), Some((0, Vec::new())));
    }

    #[test]
    fn the_bytes_of_the_letters_that_were_found_are_told() {
        assert_eq!(score("t lo", "Log tail").unwrap().1, [0, 1, 4]);
        assert_eq!(score("äb", "xÄb").unwrap().1, [1, 3]);
        assert_eq!(score("Ä", "xä"), None, "upper case means upper case");
    }

    /// Every way in which the letters of a word stand in a text, with what each counts for.
    fn ways(word: &[char], text: &[(usize, char)], from: usize, last: Option<usize>) -> Vec<i32> {
        let Some((first, rest)) = word.split_first() else { return vec![0] };
        let mut found = Vec::new();
        for place in from..text.len() {
            if !is_same(*first, text[place].1, false) {
                continue;
            }
            let own = if begins_word(text, place) { BEGINS_WORD } else { 0 };
            let own = own
                + match last {
                    None => 0,
                    Some(last) if last + 1 == place => JOINED,
                    Some(last) => -i32::try_from(place - last - 1).unwrap(),
                };
            found.extend(ways(rest, text, place + 1, Some(place)).into_iter().map(|score| own + score));
        }
        found
    }

    proptest! {
        #[test]
        fn it_is_the_best_of_all_ways_and_its_letters_are_those_that_were_typed(
            needle in "[abä]{1,4}",
            haystack in "[abBÄ ]{0,10}",
        ) {
            let letters: Vec<(usize, char)> = haystack.char_indices().collect();
            let word: Vec<char> = needle.chars().collect();
            let naive = ways(&word, &letters, 0, None).into_iter().max();
            let found = score(&needle, &haystack);
            prop_assert_eq!(found.as_ref().map(|(score, _)| *score), naive);
            if let Some((_, positions)) = found {
                let at = |position: &usize| haystack[*position..].chars().next().unwrap();
                let spelt: String = positions.iter().map(at).flat_map(char::to_lowercase).collect();
                prop_assert_eq!(spelt, needle);
            }
        }

        #[test]
        fn a_text_has_a_needle_where_it_has_every_word_of_it_in_any_order(
            words in proptest::collection::vec("[ab]{1,3}", 0..3),
            haystack in "[ab ]{0,8}",
        ) {
            let is_in = |word: &String| {
                let mut letters = haystack.chars();
                word.chars().all(|wanted| letters.any(|letter| letter == wanted))
            };
            prop_assert_eq!(score(&words.join(" "), &haystack).is_some(), words.iter().all(is_in));
        }
    }
}
