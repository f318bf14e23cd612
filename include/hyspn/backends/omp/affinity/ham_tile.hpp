// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <hyspn/affinity/detail/ham_ops.hpp>
#include <hyspn/core/simd.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// The affinity module walks an image in tiles, a strip of columns by a band of rows. A tile needs its neighbours' rows
/// and columns too (its halo), which it computes itself: tiles do not talk to each other, so results do not depend on
/// who runs them. Within a tile rows enter one by one; what later rows need lives in rings of few rows that stay in the
/// second-level cache. Nothing of size K·C·H·W, nor O·K·H·W, exists.

namespace hyspn::detail {

/// Rows [row0, row1) × columns [col0, col1) of image n are this tile's output; columns [left, right) are its input.
struct ham_tile {
    index_t n, row0, row1, col0, col1, left, right;

    index_t width() const { return right - left; }
};

/// Pixels from a pixel to its farthest neighbour, along an axis.
inline index_t reach(affinity::neighbourhood const& around)
{
    return around.kernel / 2 * around.dilation;
}

/// Whether tiles take these features: rows must be contiguous, and neighbours near enough that the 4·reach + 1 rows of
/// a halo of twice the reach, which the backward pass keeps, stay small. Others go the general way.
template <class T>
bool tiles_take(ham_options const& options, view<T const, 4, memory::host> const& x)
{
    constexpr index_t farthest = 64;
    auto const& around = options.around;
    return x.rows_contiguous() && around.kernel / 2 <= farthest / around.dilation;
}

/// The tiles of [N, C, H, W]: about 24 rows by 320 columns, evened out. Depends on the shape alone.
class ham_tiling {
public:
    ham_tiling(dims<4> const& x, index_t halo) : shape_(x), halo_(halo)
    {
        bands_ = (x[2] + 23) / 24;
        strips_ = (x[3] + 319) / 320;
    }

    index_t count() const { return shape_[0] * bands_ * strips_; }
    index_t largest_width() const { return std::min(shape_[3], (shape_[3] + strips_ - 1) / strips_ + 2 * halo_); }

    ham_tile operator[](index_t t) const
    {
        index_t const strip = t % strips_, band = t / strips_ % bands_;
        ham_tile tile{};
        tile.n = t / strips_ / bands_;
        tile.row0 = band * shape_[2] / bands_;
        tile.row1 = (band + 1) * shape_[2] / bands_;
        tile.col0 = strip * shape_[3] / strips_;
        tile.col1 = (strip + 1) * shape_[3] / strips_;
        tile.left = std::max<index_t>(0, tile.col0 - halo_);
        tile.right = std::min(shape_[3], tile.col1 + halo_);
        return tile;
    }

private:
    dims<4> shape_;
    index_t halo_, bands_, strips_;
};

/// Rows of a tile by image row, of which the last `depth` are kept. A row holds `planes` lines of `pitch` numbers.
template <class T>
class row_ring {
public:
    row_ring() = default;
    row_ring(index_t depth, index_t planes, index_t pitch) : depth_(depth), pitch_(pitch), data_(depth, planes, pitch)
    {
    }

    /// Line `plane` of an image row; rows before the first of the image are not asked for.
    T* line(index_t row, index_t plane = 0) { return &data_(row % depth_, plane, 0); }
    index_t pitch() const { return pitch_; }

private:
    index_t depth_ = 1, pitch_ = 0;
    tensor<T, 3> data_;
};

/// What one thread needs for a tile. Column x of the image is element `margin + x − left` of every line; the margins,
/// at least a halo and a register wide, hold finite numbers, so that whole registers may be read around any pixel.
template <class T>
struct ham_workspace {
    using lanes = simd::pack<T>;

    index_t halo, depth, margin, pitch, products;  ///< products: K·O, the length of a pixel's projections

    row_ring<T> features;                    ///< C lines a row
    row_ring<T> radius;                      ///< r
    row_ring<T> sinh_radius;                 ///< sinh 2sr
    row_ring<T> distance;                    ///< half lines: d to the forward neighbours, ∞ where absent
    row_ring<T> likeness;                    ///< half lines: e^{−d/τ}, 0 where absent
    row_ring<T> weight;                      ///< K lines: g, 0 where absent
    row_ring<typename lanes::integer> rank;  ///< K lines: place of the neighbour in the concatenation
    row_ring<T> projection;                  ///< one line: for each pixel ⟨z_{o,m}, v⟩ at [m][o]
    std::vector<char> tame;                  ///< by ring row: radii within the range of the fast formulas

    tensor<T, 2> chord, radial;  ///< half lines of the row at work
    tensor<T, 1> norm;           ///< ‖t‖
    tensor<T, 2> inner, logits;
    tensor<T, 1> nowhere;  ///< a line of ∞: distances to a row outside the image
    tensor<T, 1> nothing;  ///< a line of 0: likeness and radii there

    ham_workspace(affinity::neighbourhood const& around, index_t channels, index_t outputs, index_t width,
                  index_t halo_width)
        : halo(halo_width), depth(2 * halo + 1)
    {
        index_t const half = around.half(), K = around.count();
        margin = (halo + lanes::size) / lanes::size * lanes::size + lanes::size;
        // An odd number of cache lines: the channels of a pixel then fall on different sets of the first-level cache.
        index_t const line = static_cast<index_t>(64 / sizeof(T));
        pitch = ((width + 2 * margin + lanes::size + line - 1) / line | 1) * line;
        products = K * outputs;
        features = row_ring<T>(depth, channels, pitch);
        radius = row_ring<T>(depth, 1, pitch);
        sinh_radius = row_ring<T>(depth, 1, pitch);
        distance = row_ring<T>(depth, half, pitch);
        likeness = row_ring<T>(depth, half, pitch);
        projection = row_ring<T>(depth, 1, (width + 2 * halo) * products);
        tame.assign(static_cast<std::size_t>(depth), 1);
        chord = tensor<T, 2>(half, pitch);
        radial = tensor<T, 2>(half, pitch);
        weight = row_ring<T>(depth, K, pitch);
        rank = row_ring<typename lanes::integer>(depth, K, pitch);
        norm = tensor<T, 1>(pitch);
        inner = tensor<T, 2>(outputs, pitch);
        logits = tensor<T, 2>(outputs, pitch);
        nowhere = tensor<T, 1>(pitch);
        nothing = tensor<T, 1>(pitch);
        std::fill(nowhere.begin(), nowhere.end(), static_cast<T>(HUGE_VAL));
    }

    char& tame_row(index_t row) { return tame[static_cast<std::size_t>(row % depth)]; }
};

}  // namespace hyspn::detail
