// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// Minimum spanning trees of images: of the edges of the 4-grid, those which join all pixels at the least sum of
/// squared differences of features. Found on the host; read anywhere.

namespace hyspn::propagation {

/// One tree per image of N, of H W pixels numbered by rows. An image without pixels has none.
template <class M = memory::host>
struct spanning_tree {
    index_t height = 0, width = 0;
    tensor<std::int32_t, 2, M> order{};   ///< [N, H W], pixels by their number of edges to the root, which is first
    tensor<std::int32_t, 2, M> parent{};  ///< [N, H W], of each pixel; the root's is the root
    std::vector<std::vector<index_t>> levels{};  ///< [N], where each number of edges starts in order, and the end

    index_t images() const { return order.extent(0); }
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// Who is whose parent, as kernels read it. Pixels are numbered by rows.
template <class M>
struct tree_links {
    view<std::int32_t const, 2, M> order, parent;
    index_t height, width;

    explicit tree_links(propagation::spanning_tree<M> const& tree)
        : order(as_const(tree.order)), parent(as_const(tree.parent)), height(tree.height), width(tree.width)
    {
    }

    HYSPN_HD bool is_root(index_t n, index_t p) const { return parent(n, p) == p; }

    /// Calls f(q) for the children q of pixel p, which are neighbours: above, left, right, below.
    template <class F>
    HYSPN_HD void for_each_child(index_t n, index_t p, index_t x, F const& f) const
    {
        if (p >= width && parent(n, p - width) == p) f(p - width);
        if (x > 0 && parent(n, p - 1) == p) f(p - 1);
        if (x + 1 < width && parent(n, p + 1) == p) f(p + 1);
        if (p + width < height * width && parent(n, p + width) == p) f(p + width);
    }

    /// Where neighbour q of pixel (y, x) lies; without divisions, which would take most of the time. The root is its
    /// own parent.
    HYSPN_HD dims<2> position(index_t q, index_t y, index_t x) const
    {
        index_t const d = q - (y * width + x);
        if (d == width || d == -width) return {d > 0 ? y + 1 : y - 1, x};
        return {y, x + d};
    }
};

/// Kruskal's algorithm on one image, and the walk from the root that directs the edges.
template <class T>
class grid_spanning_tree {
public:
    explicit grid_spanning_tree(view<T const, 3> const& guide)
        : guide_(guide),
          height_(guide.extent(1)),
          width_(guide.extent(2)),
          set_(static_cast<std::size_t>(pixels())),
          kept_(2 * set_.size())
    {
        for (index_t p = 0; p < pixels(); ++p) set_[at(p)] = static_cast<std::int32_t>(p);
        for (edge const& e : sorted_edges()) join(e.number);
    }

    /// Pixels by levels from the root; returns where the levels start, and the end.
    std::vector<index_t> walk(index_t root, view<std::int32_t, 1> order, view<std::int32_t, 1> parent) const
    {
        std::vector<index_t> levels{0};
        order(0) = parent(root) = static_cast<std::int32_t>(root);
        index_t found = 1;
        for (index_t next = 0; next < found; levels.push_back(next))
            for (index_t const end = found; next < end; ++next)
                for_each_joined(order(next), [&](index_t q) {
                    if (q == parent(order(next))) return;
                    parent(q) = order(next);
                    order(found++) = static_cast<std::int32_t>(q);
                });
        return levels;
    }

private:
    /// Number 2p is the edge from pixel p to its right, 2p + 1 that to the pixel below.
    struct edge {
        T length;
        std::int32_t number;
    };

    static std::size_t at(index_t i) { return static_cast<std::size_t>(i); }
    index_t pixels() const { return height_ * width_; }
    index_t start(index_t e) const { return e / 2; }
    index_t end(index_t e) const { return e / 2 + (e % 2 == 0 ? 1 : width_); }

    /// The shortest first, of equal ones that with the lower number; lengths of NaN count as infinite.
    std::vector<edge> sorted_edges() const
    {
        std::vector<edge> edges;
        edges.reserve(kept_.size());
        for (index_t y = 0; y < height_; ++y)
            for (index_t x = 0; x < width_; ++x) {
                auto const right = static_cast<std::int32_t>(2 * (y * width_ + x));
                if (x + 1 < width_) edges.push_back({distance(y, x, y, x + 1), right});
                if (y + 1 < height_) edges.push_back({distance(y, x, y + 1, x), right + 1});
            }
        std::sort(edges.begin(), edges.end(), [](edge const& a, edge const& b) {
            return a.length < b.length || (a.length == b.length && a.number < b.number);
        });
        return edges;
    }

    T distance(index_t y, index_t x, index_t v, index_t u) const
    {
        T sum(0);
        for (index_t c = 0; c < guide_.extent(0); ++c) {
            T const d = guide_(c, y, x) - guide_(c, v, u);
            sum += d * d;
        }
        return sum >= T(0) ? sum : std::numeric_limits<T>::infinity();
    }

    std::int32_t set_of(index_t p)
    {
        auto s = static_cast<std::int32_t>(p);
        while (set_[at(s)] != s) s = set_[at(s)] = set_[at(set_[at(s)])];
        return s;
    }

    void join(index_t e)
    {
        auto const a = set_of(start(e)), b = set_of(end(e));
        if (a == b) return;
        set_[at(std::max(a, b))] = std::min(a, b);
        kept_[at(e)] = true;
    }

    template <class F>
    void for_each_joined(index_t p, F const& f) const
    {
        index_t const y = p / width_, x = p % width_;
        if (y > 0 && kept_[at(2 * (p - width_) + 1)]) f(p - width_);
        if (x > 0 && kept_[at(2 * (p - 1))]) f(p - 1);
        if (x + 1 < width_ && kept_[at(2 * p)]) f(p + 1);
        if (y + 1 < height_ && kept_[at(2 * p + 1)]) f(p + width_);
    }

    view<T const, 3> guide_;
    index_t height_, width_;
    std::vector<std::int32_t> set_;  ///< a tree of pixels for each set joined so far
    std::vector<bool> kept_;
};

}  // namespace hyspn::detail

namespace hyspn::propagation {

/// The tree of each image of guide [N, C, H, W], host memory. Where lengths are equal the edge which comes first wins,
/// pixel by pixel in rows, the edge to the right before that below, so the result is always the same; another program
/// may choose another of the minimum trees. The root (a pixel, the same for all images) does not change which edges are
/// taken. O(H W log(H W)). Throws value_error for a root outside the image and images of 2^30 pixels or more.
template <view_of_rank<4> G>
spanning_tree<memory::host> minimum_spanning_tree(G const& guide, index_t root = 0)
{
    auto const from = as_const(guide);
    using T = typename decltype(from)::value_type;
    char const* const name = "minimum_spanning_tree";
    dims<4> const e = from.extents();
    index_t const pixels = e[2] * e[3];
    hyspn::detail::require_value(pixels < index_t{1} << 30, name, "the number of pixels", "below 2^30",
                                 static_cast<double>(pixels));
    spanning_tree<memory::host> made{e[2], e[3], tensor<std::int32_t, 2>(e[0], pixels),
                                     tensor<std::int32_t, 2>(e[0], pixels)};
    made.levels.resize(static_cast<std::size_t>(e[0]));
    if (pixels == 0) return made;
    hyspn::detail::require_value(root >= 0 && root < pixels, name, "root", "a pixel of the image",
                                 static_cast<double>(root));
    for (index_t n = 0; n < e[0]; ++n) {
        hyspn::detail::grid_spanning_tree<T> const tree(from[n]);
        made.levels[static_cast<std::size_t>(n)] = tree.walk(root, made.order[n], made.parent[n]);
    }
    return made;
}

#if HYSPN_HAS_CUDA
/// The same trees for device policies.
inline spanning_tree<memory::device> to_device(exec::cuda const& exec, spanning_tree<memory::host> const& tree)
{
    return {tree.height, tree.width, hyspn::to_device(exec, tree.order), hyspn::to_device(exec, tree.parent),
            tree.levels};
}
#endif

}  // namespace hyspn::propagation
