// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <hyspn/guidance/nearest_samples.hpp>

/// \file
/// The K nearest samples on all cores. The image is cut into bands of rows. Each band runs Dijkstra's algorithm with a
/// bucket queue on its own pixels, up to a common cost; then bands exchange what crossed their borders and the common
/// cost rises. A path that comes back late over a border improves lists that were already passed on, and they are
/// passed on again: the lists end at the same fixed point, so the bits are those of exec::seq for any number of
/// threads.

namespace hyspn::detail {

/// A key on its way to a pixel, and the move by which it came. H + W is at most 65536.
struct path_message {
    std::uint64_t key;
    std::uint16_t i, j;
    std::uint16_t move;
};

inline constexpr unsigned path_start = 8;  ///< in the place of a move: the pixel of the sample

/// The moves worth trying after each one, when steps are direct: to pixels that are not beside the one before, which
/// told its neighbours itself.
struct path_onward_moves {
    std::array<unsigned, path_start + 1> after{};

    static constexpr path_step step_of(unsigned move)
    {
        path_step const s = path_step_of(static_cast<index_t>(move / 2));
        return move % 2 == 0 ? s : path_step{-s.dy, -s.dx};
    }
    static constexpr bool beside(index_t distance) { return distance >= -1 && distance <= 1; }

    constexpr path_onward_moves()
    {
        for (unsigned from = 0; from < path_start; ++from)
            for (unsigned to = 0; to < path_start; ++to) {
                path_step const a = step_of(from), b = step_of(to);
                if (!beside(a.dy + b.dy) || !beside(a.dx + b.dx)) after[from] |= 1u << to;
            }
        after[path_start] = all_path_moves;
    }
};
inline constexpr path_onward_moves path_onward;

/// Messages by cost, a ring of buckets. A message below the current bucket joins the current one: its turn is now.
class path_buckets {
public:
    /// For costs that lie at most `span` above the current bucket.
    explicit path_buckets(std::uint64_t span)
    {
        constexpr std::uint64_t most_buckets = 4096;
        while ((span >> shift_) + 2 > most_buckets) ++shift_;
        ring_.resize(static_cast<std::size_t>((span >> shift_) + 2));
    }

    void push(path_message const& m)
    {
        std::uint64_t const bucket = std::max(current_, path_key::cost(m.key) >> shift_);
        ring_[static_cast<std::size_t>(bucket % ring_.size())].push_back(m);
        ++size_;
    }

    /// Removes and returns the messages of the lowest bucket that starts below `limit`; none if there is no such one.
    std::vector<path_message>& take_below(std::uint64_t limit)
    {
        taken_.clear();
        if (size_ == 0) return taken_;
        while (ring_[slot()].empty() && (current_ + 1) << shift_ < limit) ++current_;
        if (current_ << shift_ < limit) std::swap(taken_, ring_[slot()]);
        size_ -= taken_.size();
        return taken_;
    }

    /// A cost that no message lies below, except late ones.
    std::uint64_t lowest() const
    {
        if (size_ == 0) return std::numeric_limits<std::uint64_t>::max();
        std::uint64_t bucket = current_;
        while (ring_[static_cast<std::size_t>(bucket % ring_.size())].empty()) ++bucket;
        return bucket << shift_;
    }

private:
    std::size_t slot() const { return static_cast<std::size_t>(current_ % ring_.size()); }

    int shift_ = 8;  // buckets of a pixel, the usual shortest step
    std::uint64_t current_ = 0;
    std::size_t size_ = 0;
    std::vector<std::vector<path_message>> ring_;
    std::vector<path_message> taken_;
};

/// Rows first ... last-1 and everything that is under way to them.
class path_band {
public:
    path_band(nearest_samples_op const& op, index_t first, index_t last, std::uint64_t span)
        : op_(op), first_(first), last_(last), queue_(span)
    {
    }

    void offer(path_message const& m)
    {
        if (op_.list(m.i, m.j).insert(m.key)) queue_.push(m);
    }

    /// Takes over what the neighbouring bands sent in the last round.
    void receive(path_band const* above, path_band const* below)
    {
        if (above)
            for (path_message const& m : above->sent_down_) offer(m);
        if (below)
            for (path_message const& m : below->sent_up_) offer(m);
    }

    /// Passes on everything that costs less than `limit`.
    void advance(std::uint64_t limit)
    {
        sending_up_.clear();
        sending_down_.clear();
        for (auto* taken = &queue_.take_below(limit); !taken->empty(); taken = &queue_.take_below(limit))
            for (std::size_t k = 0; k < taken->size(); ++k) {
                // Messages of a bucket come from all over the band, and are known well before their turn.
                if (k + 4 < taken->size()) prefetch((*taken)[k + 4]);
                path_message const& m = (*taken)[k];
                if (op_.list(m.i, m.j).contains(m.key)) pass_on(m);
            }
    }

    /// What was sent while advancing becomes readable by others.
    void publish()
    {
        std::swap(sent_up_, sending_up_);
        std::swap(sent_down_, sending_down_);
    }

    /// Nothing under way here costs less; the greatest number if nothing is.
    std::uint64_t lowest() const
    {
        std::uint64_t least = queue_.lowest();
        for (auto const* sent : {&sent_up_, &sent_down_})
            for (path_message const& m : *sent) least = std::min(least, path_key::cost(m.key));
        return least;
    }

private:
    /// The lists and costs around a pixel. Worth a third of the whole search.
    void prefetch(path_message const& m) const
    {
        index_t const left = std::max<index_t>(0, m.j - 1), right = std::min<index_t>(op_.width() - 1, m.j + 1);
        for (index_t i = std::max<index_t>(first_, m.i - 1); i <= std::min<index_t>(last_ - 1, m.i + 1); ++i)
            for (std::uint64_t* p = op_.list(i, left).keys; p < op_.list(i, right).keys + op_.keys.extent(2); p += 8)
                __builtin_prefetch(p, 1);
        __builtin_prefetch(&op_.cost(m.i, m.j, 0));
        if (m.i > 0) __builtin_prefetch(&op_.cost(m.i - 1, m.j, 0));
    }

    void pass_on(path_message const& from)
    {
        unsigned const moves = op_.direct ? path_onward.after[from.move] : all_path_moves;
        op_.for_each_neighbour(from.i, from.j, moves, [&](index_t i, index_t j, std::uint32_t step, unsigned move) {
            path_message const to{path_key::farther(from.key, step), static_cast<std::uint16_t>(i),
                                  static_cast<std::uint16_t>(j), static_cast<std::uint16_t>(move)};
            if (i < first_)
                sending_up_.push_back(to);
            else if (i >= last_)
                sending_down_.push_back(to);
            else
                offer(to);
        });
    }

    nearest_samples_op op_;
    index_t first_, last_;
    path_buckets queue_;
    std::vector<path_message> sent_up_, sent_down_, sending_up_, sending_down_;
};

inline constexpr index_t path_band_rows = 32;
inline constexpr std::uint64_t path_round = 16 * 256;  ///< rise of the common cost per round: 16 pixels

inline void dispatch(exec::omp const& exec, nearest_samples_op const& op)
{
    index_t const count = (op.height() + path_band_rows - 1) / path_band_rows;
    std::vector<path_band> bands;
    for (index_t b = 0; b < count; ++b)
        bands.emplace_back(op, b * path_band_rows, std::min(op.height(), (b + 1) * path_band_rows),
                           op.longest + 2 * path_round);
    auto const band = [&](index_t b) { return &bands[static_cast<std::size_t>(b)]; };
    for (index_t s = 0; s < op.y.extent(0); ++s)
        band(op.y(s) / path_band_rows)
            ->offer({path_key::make(0, static_cast<std::uint64_t>(s)), static_cast<std::uint16_t>(op.y(s)),
                     static_cast<std::uint16_t>(op.x(s)), path_start});

    for (;;) {
        std::uint64_t lowest = std::numeric_limits<std::uint64_t>::max();
        for (path_band const& b : bands) lowest = std::min(lowest, b.lowest());
        if (lowest == std::numeric_limits<std::uint64_t>::max()) return;
        exec::detail::for_each_index_omp(exec, count, [&](index_t b) {
            band(b)->receive(b > 0 ? band(b - 1) : nullptr, b + 1 < count ? band(b + 1) : nullptr);
            band(b)->advance(lowest + path_round);
        });
        for (path_band& b : bands) b.publish();
    }
}

}  // namespace hyspn::detail
