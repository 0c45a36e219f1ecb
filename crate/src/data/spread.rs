//! A few of many, evenly spread.

/// The places of at most `most` of `count` things: the middles of as many equal parts. Rising, each at most once.
pub fn spread(count: usize, most: usize) -> impl ExactSizeIterator<Item = usize> + Clone {
    let most = most.min(count);
    (0..most).map(move |part| (2 * part + 1) * count / (2 * most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_middles_and_nothing_is_taken_twice() {
        assert_eq!(spread(8, 4).collect::<Vec<_>>(), [1, 3, 5, 7], "four of eight");
        assert_eq!(spread(3, 9).collect::<Vec<_>>(), [0, 1, 2], "all there are");
        assert_eq!(spread(7, 1).collect::<Vec<_>>(), [3], "the middle");
        assert_eq!(spread(0, 3).count(), 0, "nothing of nothing");
    }
}
