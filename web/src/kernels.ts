/**
 * The two GPU programs at the ends of the network. Both repeat `crate/src/frame.rs` to the letter, so that
 * a frame comes out of the GPU engine as it does out of the processor's.
 */

/** Threads along each side of a workgroup of `shrinkKernel`. */
export const SHRINK_TILE = 8;

/**
 * Camera frame to network input: each target pixel is the average of the source pixels it covers, by area,
 * in sRGB. Writes R, G, B of each pixel, row by row, in [0, 1].
 *
 * Group 0 is fixed (binding 0: target size, binding 1: the pixels); group 1 is the frame.
 */
export const shrinkKernel = /* wgsl */ `
@group(0) @binding(0) var<uniform> size: vec2u;
@group(0) @binding(1) var<storage, read_write> pixels: array<f32>;
@group(1) @binding(0) var frame: texture_external;

struct Span { start: f32, end: f32, first: u32, last: u32 }

// The source pixels [first, last) that target pixel \`index\` covers along one axis.
fn span(index: u32, from_size: u32, to_size: u32) -> Span {
  let scale = f32(from_size) / f32(to_size);
  let start = f32(index) * scale;
  let end = min(f32(index + 1u) * scale, f32(from_size));
  let first = min(u32(floor(start)), from_size - 1u);
  let last = clamp(u32(ceil(end)), first + 1u, from_size);
  return Span(start, end, first, last);
}

fn weight(covered: Span, pixel: u32) -> f32 {
  let inside = min(covered.end, f32(pixel + 1u)) - max(covered.start, f32(pixel));
  return inside / (covered.end - covered.start);
}

@compute @workgroup_size(${String(SHRINK_TILE)}, ${String(SHRINK_TILE)})
fn shrink(@builtin(global_invocation_id) target_pixel: vec3u) {
  if (any(target_pixel.xy >= size)) { return; }
  let source = textureDimensions(frame);
  let columns = span(target_pixel.x, source.x, size.x);
  let rows = span(target_pixel.y, source.y, size.y);
  var sum = vec3f(0.0);
  for (var x = columns.first; x < columns.last; x++) {
    var column = vec3f(0.0);
    for (var y = rows.first; y < rows.last; y++) {
      column += weight(rows, y) * textureLoad(frame, vec2u(x, y)).rgb;
    }
    sum += weight(columns, x) * column;
  }
  let at = 3u * (target_pixel.y * size.x + target_pixel.x);
  pixels[at] = sum.r;
  pixels[at + 1u] = sum.g;
  pixels[at + 2u] = sum.b;
}
`;

/**
 * Network output to canvas: the sigmoid that makes colours, then bilinear between pixel centres, opaque; what
 * is no number is black. Reads the network's memory by its strides, whatever their order.
 */
export const growKernel = /* wgsl */ `
struct Shape { working: vec2u, shown: vec2u, channel: u32, row: u32, column: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> values: array<f32>;

@vertex
fn cover(@builtin(vertex_index) corner: u32) -> @builtin(position) vec4f {
  let x = f32(corner & 1u) * 4.0 - 1.0;
  let y = f32(corner >> 1u) * 4.0 - 1.0;
  return vec4f(x, y, 0.0, 1.0);
}

fn colour(x: u32, y: u32) -> vec3f {
  let at = y * shape.row + x * shape.column;
  let logits = vec3f(values[at], values[at + shape.channel], values[at + 2u * shape.channel]);
  return 1.0 / (1.0 + exp(-max(logits, vec3f(-80.0)))); // further out, exp is infinite
}

// Comparing a value with itself may be optimized away; its bits may not.
fn is_number(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) <= 0x7f800000u;
}

fn byte(value: f32) -> f32 {
  let known = select(0.0, value, is_number(value));
  return floor(clamp(known, 0.0, 1.0) * 255.0 + 0.5) / 255.0;
}

@fragment
fn grow(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let scale = vec2f(shape.working) / vec2f(shape.shown);
  let last = shape.working - vec2u(1u);
  let centre = clamp(position.xy * scale - 0.5, vec2f(0.0), vec2f(last));
  let low = vec2u(floor(centre));
  let high = min(low + vec2u(1u), last);
  let part = centre - vec2f(low);
  let left = colour(low.x, low.y) + (colour(low.x, high.y) - colour(low.x, low.y)) * part.y;
  let right = colour(high.x, low.y) + (colour(high.x, high.y) - colour(high.x, low.y)) * part.y;
  let blend = left + (right - left) * part.x;
  return vec4f(byte(blend.r), byte(blend.g), byte(blend.b), 1.0);
}
`;
