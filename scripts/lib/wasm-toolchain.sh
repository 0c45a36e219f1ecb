# Sourced by the other scripts: which cargo builds for the browser, and with which flags.
#
#   wasm_cargo ARGS...      cargo, or `cargo +bauta-wasm` where the default toolchain has no wasm32 target
#   has_wasm_target         succeeds when one of the two can build for wasm32-unknown-unknown
#   locked_version CRATE    the version of CRATE in Cargo.lock
#
# Sets wasm_target, and the flags every wasm32 build shares, so that no two scripts build twice.

wasm_target=wasm32-unknown-unknown
wasm_toolchain=${BAUTA_WASM_TOOLCHAIN:-bauta-wasm}

# 128-bit SIMD is in every browser that has WebGPU or WebCodecs; the CPU engine lives off it.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128"

has_std() { # ARGS: a toolchain as rustc takes it (+NAME), or nothing
  local folder
  folder=$(rustc "$@" --print target-libdir --target "$wasm_target" 2>/dev/null) || return 1
  compgen -G "$folder/libstd-*.rlib" >/dev/null
}

has_wasm_target() { has_std || has_std "+$wasm_toolchain"; }

wasm_cargo() {
  if has_std; then cargo "$@"; else cargo "+$wasm_toolchain" "$@"; fi
}

locked_version() {
  awk -v name="$1" '$0 == "name = \"" name "\"" { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock
}
