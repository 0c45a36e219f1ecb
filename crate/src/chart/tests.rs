use super::*;

fn curve(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Series {
    Series { name: name.into(), points: points.into_iter().collect() }
}

fn lines(series: Vec<Series>) -> Lines {
    Lines { title: "L_B & more".into(), y_label: "nats".into(), series, ..Lines::default() }
}

/// The polylines of a picture: colour and points.
fn paths(svg: &str) -> Vec<(String, Vec<(f64, f64)>)> {
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split_once(&format!(" {name}=\"")).map_or("", |(_, rest)| rest);
        rest.split('"').next().unwrap_or("").to_owned()
    };
    let tags = svg.split("<polyline").skip(1).map(|rest| rest.split("/>").next().unwrap_or(""));
    tags.map(|tag| {
        let number = |text: &str| text.parse::<f64>().expect("a coordinate");
        let points = attribute(tag, "points");
        let points = points.split_whitespace().filter_map(|pair| pair.split_once(','));
        (attribute(tag, "stroke"), points.map(|(x, y)| (number(x), number(y))).collect())
    })
    .collect()
}

const FIRST: &str = "#3F75B0";
const DASHED: &str = "#848D97";

#[test]
fn a_higher_loss_is_drawn_higher_and_a_later_step_further_right() {
    let svg = lines(vec![curve("a", [(0.0, 1.0), (10.0, 3.0), (20.0, 2.0)])]).svg();
    let paths = paths(&svg);
    let (_, points) = paths.iter().find(|(stroke, _)| stroke == FIRST).expect("the curve");
    assert_eq!(points.len(), 3, "{points:?}");
    assert!(points[1].1 < points[2].1 && points[2].1 < points[0].1, "y grows downwards: {points:?}");
    assert!(points[0].0 < points[1].0 && points[1].0 < points[2].0, "{points:?}");
    assert!(svg.contains("L_B &amp; more"), "the title is escaped");
}

#[test]
fn what_is_no_number_is_left_out() {
    let svg = lines(vec![curve("a", [(0.0, 1.0), (1.0, f64::NAN), (2.0, f64::INFINITY), (3.0, 2.0)])]).svg();
    let paths = paths(&svg);
    let (_, points) = paths.iter().find(|(stroke, _)| stroke == FIRST).expect("the curve");
    assert_eq!(points.len(), 2, "{points:?}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn nothing_to_draw_is_said() {
    for empty in [
        lines(vec![]).svg(),
        lines(vec![curve("a", [(0.0, f64::NAN)])]).svg(),
        Lines { levels: vec![("chance".into(), 1.0)], ..lines(vec![]) }.svg(),
        Scatter { title: "t".into(), front: true, ..Scatter::default() }.svg(),
    ] {
        assert!(empty.contains("no data"), "{empty}");
    }
    assert!(!lines(vec![curve("a", [(0.0, 1.0)])]).svg().contains("no data"), "one point is data");
}

#[test]
fn chance_is_a_dashed_line_across_with_its_name_outside_the_data() {
    let mut plot = lines(vec![curve("a", [(0.0, 1.0), (100.0, 2.0)])]);
    plot.levels = vec![("chance".into(), 4.14)];
    plot.marks = vec![("restart".into(), 50.0), ("restart".into(), 75.0)];
    let svg = plot.svg();
    let dashed: Vec<_> = paths(&svg).into_iter().filter(|(stroke, _)| stroke == DASHED).collect();
    assert_eq!(dashed.len(), 3, "one level and two marks: {dashed:?}");
    let level = &dashed[0].1;
    assert!(level[0].1 == level[1].1 && level[0].0 < level[1].0, "{level:?}");
    let (_, text) = svg
        .split_once("chance 4.14")
        .map(|(before, _)| before)
        .and_then(|before| before.rsplit_once("<text x=\""))
        .expect("its name");
    let x: f64 = text.split('"').next().and_then(|x| x.parse().ok()).expect("a place");
    assert!(x > level[1].0, "the name at {x} covers the plane that ends at {}", level[1].0);
    assert_eq!(svg.matches("restart").count(), 1, "the first of a name is labelled");
}

#[test]
fn a_noisy_curve_gets_a_calm_one_over_it_that_keeps_its_mean() {
    let noise = |step: u32| f64::from(step * 7919 % 101) / 101.0;
    let points: Vec<(f64, f64)> = (0..200).map(|step| (f64::from(step), noise(step))).collect();
    let calm: Vec<(f64, f64)> = (0..200).map(|step| (f64::from(step), f64::from(step))).collect();
    assert!(lines::noisy(&points) && !lines::noisy(&calm), "noise and a straight line");
    let smooth = lines::smooth(&points);
    assert!(!lines::noisy(&smooth) || spread(&smooth) < spread(&points) / 2.0, "{}", spread(&smooth));
    assert_eq!(lines::smooth(&calm)[5..195], calm[5..195], "a straight line is not shifted");
    let count =
        |points| paths(&lines(vec![curve("a", points)]).svg()).iter().filter(|(s, _)| s == FIRST).count();
    assert_eq!((count(points), count(calm)), (2, 1), "raw and smoothed; raw alone");
}

fn spread(points: &[(f64, f64)]) -> f64 {
    let mean = points.iter().map(|point| point.1).sum::<f64>() / points.len() as f64;
    (points.iter().map(|point| (point.1 - mean).powi(2)).sum::<f64>() / points.len() as f64).sqrt()
}

#[test]
fn decades_are_as_far_apart_as_each_other() {
    let plot = Lines {
        scale: Scale::Log,
        ..lines(vec![curve("a", [(0.0, 1e-6), (1.0, 1e-4), (2.0, 1e-2), (3.0, 0.0)])])
    };
    let paths = paths(&plot.svg());
    let (_, points) = paths.iter().find(|(stroke, _)| stroke == FIRST).expect("the curve");
    assert_eq!(points.len(), 3, "0 has no logarithm: {points:?}");
    let steps = (points[0].1 - points[1].1, points[1].1 - points[2].1);
    assert!((steps.0 - steps.1).abs() <= 1.0 && steps.0 > 50.0, "{steps:?}");
}

#[test]
fn the_front_holds_what_nothing_beats() {
    // (leak, kept): b beats c, d is worse than everything, e equals a.
    let points = [(0.2, 0.5), (0.4, 0.8), (0.5, 0.8), (0.9, 0.1), (0.2, 0.5), (f64::NAN, 1.0), (0.1, 0.3)];
    assert_eq!(pareto(&points), [6, 0, 1], "by rising leak");
}

#[test]
fn points_of_a_front_are_joined_by_stairs_and_named() {
    let point =
        |label: &str, x, y| Point { label: label.into(), group: label.into(), x, y, ..Point::default() };
    let points = vec![point("low", 0.1, 0.2), point("high", 0.8, 0.9), point("beaten", 0.9, 0.3)];
    let plot = Scatter { title: "t".into(), points, front: true, ..Scatter::default() };
    let svg = plot.svg();
    for name in ["low", "high", "beaten"] {
        assert!(
            svg.matches(&format!("\n{name}\n")).count() >= 2,
            "{name} in the legend and beside its point"
        );
    }
    let longest = paths(&svg).into_iter().map(|(_, points)| points.len()).max();
    assert_eq!(longest, Some(4), "two points, the corner between them and the end at the right");
    let plain = Scatter { front: false, ..plot }.svg();
    assert_eq!(
        paths(&plain).iter().filter(|(_, points)| points.len() == 4).count(),
        0,
        "no front was asked for"
    );
}
