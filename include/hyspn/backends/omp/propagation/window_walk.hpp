// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <vector>

#include <hyspn/core/simd.hpp>
#include <hyspn/propagation/window_walk.hpp>

/// \file
/// Walks over wide windows on maps with a frame of zeros: no neighbour is outside, so whole rows go by vectors, which
/// matters where the window is not small beside the map. Included by propagation/window_walk.hpp.

namespace hyspn::detail {

/// One image's walk: its weights without the taps that are 0 everywhere, and two copies of its maps.
template <class T>
class framed_walk {
public:
    using pack = simd::pack<T>;

    framed_walk(window_walk_op<T, memory::host> const& op, index_t image)
        : height_(op.out.extent(2)),
          width_(op.out.extent(3)),
          padded_((width_ + pack::size - 1) / pack::size * pack::size),
          frame_(op.neighbours.kernel / 2 * op.neighbours.dilation),
          pitch_(padded_ + 2 * frame_)
    {
        std::vector<index_t> used;
        for (index_t j = 0; j < op.taps.extent(1); ++j)
            if (any(op.taps[image][j])) used.push_back(j);
        for (index_t j : used) shifts_.push_back(op.neighbours[j].dy * pitch_ + op.neighbours[j].dx);
        weights_ = tensor<T, 3>(height_, static_cast<index_t>(used.size()), padded_);
        for (index_t y = 0; y < height_; ++y)
            for (std::size_t i = 0; i < used.size(); ++i)
                for (index_t x = 0; x < width_; ++x)
                    weights_(y, static_cast<index_t>(i), x) = op.taps(image, used[i], y, x);
        for (auto& maps : maps_) maps = tensor<T, 3>(op.out.extent(1), height_ + 2 * frame_, pitch_);
    }

    void read_row(view<T const, 3> const& from, index_t y)
    {
        for (index_t l = 0; l < from.extent(0); ++l)
            for (index_t x = 0; x < width_; ++x) row(0, l, y)[x] = from(l, y, x);
    }
    void write_row(index_t t, index_t y, view<T, 3> const& to) const
    {
        for (index_t l = 0; l < to.extent(0); ++l)
            for (index_t x = 0; x < width_; ++x) to(l, y, x) = row(t, l, y)[x];
    }

    /// Row y of x_{t+1}, all maps, from x_t.
    void step_row(index_t t, index_t y)
    {
        for (index_t l = 0; l < maps_[0].extent(0); ++l) {
            index_t x = 0;
            for (; x + 4 * pack::size <= padded_; x += 4 * pack::size) columns<4>(t, l, y, x);
            switch ((padded_ - x) / pack::size) {
                case 3:
                    columns<3>(t, l, y, x);
                    break;
                case 2:
                    columns<2>(t, l, y, x);
                    break;
                case 1:
                    columns<1>(t, l, y, x);
                    break;
                default:
                    break;
            }
            std::fill(row(t + 1, l, y) + width_, row(t + 1, l, y) + padded_, T(0));
        }
    }

private:
    static bool any(view<T const, 2> const& tap)
    {
        for (index_t y = 0; y < tap.extent(0); ++y)
            for (index_t x = 0; x < tap.extent(1); ++x)
                if (tap(y, x) != T(0)) return true;
        return false;
    }

    T* row(index_t t, index_t l, index_t y) { return &maps_[t % 2](l, y + frame_, 0) + frame_; }
    T const* row(index_t t, index_t l, index_t y) const { return &maps_[t % 2](l, y + frame_, 0) + frame_; }

    template <std::size_t Packs>
    void columns(index_t t, index_t l, index_t y, index_t x)
    {
        T const *const from = row(t, l, y) + x, *weight = weights_.data() + y * weights_.extent(1) * padded_ + x;
        pack sums[Packs] = {};
        for (index_t shift : shifts_) {
            for (std::size_t i = 0; i < Packs; ++i) {
                index_t const at = static_cast<index_t>(i) * pack::size;
                sums[i] = simd::fma(pack::load(weight + at), pack::load(from + shift + at), sums[i]);
            }
            weight += padded_;
        }
        for (std::size_t i = 0; i < Packs; ++i)
            sums[i].store(row(t + 1, l, y) + x + static_cast<index_t>(i) * pack::size);
    }

    index_t height_, width_, padded_, frame_, pitch_;
    std::vector<index_t> shifts_;
    tensor<T, 3> weights_{};  ///< [H, taps, padded W]
    tensor<T, 3> maps_[2];    ///< [L, framed H, framed W]
};

template <std::floating_point T>
void dispatch(exec::omp const& exec, window_walk_op<T, memory::host> const& op)
{
    if (op.steps == 0 || op.out.size() == 0) return iterate_walk(exec, op);
    index_t const height = op.out.extent(2);
    auto const rows = [&](auto const& f) { exec::detail::for_each_index_omp(exec, height, f); };
    for (index_t n = 0; n < op.out.extent(0); ++n) {
        framed_walk<T> image(op, n);
        rows([&](index_t y) { image.read_row(op.initial[n], y); });
        for (index_t t = 0; t < op.steps; ++t) {
            view<T, 3> const to = t + 1 == op.steps           ? op.out[n]
                                  : op.iterates.data_handle() ? op.iterates[t][n]
                                                              : view<T, 3>{};
            rows([&](index_t y) {
                image.step_row(t, y);
                if (to.data_handle()) image.write_row(t + 1, y, to);
            });
        }
    }
}

}  // namespace hyspn::detail
