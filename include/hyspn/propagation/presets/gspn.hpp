// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/options.hpp>
#include <hyspn/propagation/scan_line.hpp>

namespace hyspn::propagation {

/// Read by presets::gspn. Gate j of map l is channel j L + l: G1 | G2 | G3, which weigh the previous line at -1, 0, +1.
template <class T, class M = memory::host>
struct gspn_inputs {
    view<T const, 4, M> x{};       ///< [N, L, H, W]
    view<T const, 4, M> factor{};  ///< b [N, L, H, W], what the input is multiplied by
    view<T const, 4, M> gates{};   ///< [N, 3 L, H, W], raw: their sigmoids are taken here
};

/// Written by backward, in the shapes of the inputs; a gradient left empty is not wanted.
template <class T, class M = memory::host>
struct gspn_gradients {
    view<T, 4, M> x{};
    view<T, 4, M> factor{};
    view<T, 4, M> gates{};
};

/// What forward leaves for backward: the result [1, N, L, H, W].
template <class T, class M = memory::host>
struct gspn_saved {
    tensor<T, 5, M> result{};
};

namespace presets {

/// One scan of Wang et al.: Parallel Sequence Modeling via Generalized Spatial Propagation Network (CVPR 2025), with
/// gates of its own for every map:
///
///     h(i, t) = b(i, t) x(i, t) + Σ_j w_j(i, t) h(i + j, t - 1),    j = -1, 0, 1,
///
/// where w = σ(g) / Σσ(g) over the neighbours inside the image (a sum below 1e-7 counts as that), so that a line is a
/// convex combination of the one before, plus input. The network runs this in four directions, each with inputs of its
/// own: run one of these per direction.
/// `chunk` cuts the image into stretches that many lines long, counted from where the scan starts, which know nothing
/// of each other. (The authors' backward counts them from the other end, so that their gradients are wrong unless the
/// chunk divides the number of lines; these are the gradients of forward.)
///
/// O(N L H W) operations. Every result is the same bits for any number of threads, of which at most N L can work at
/// once; exec::cuda has a block for each map.
struct gspn {
    scan_direction direction = scan_direction::right;
    index_t chunk = 0;  ///< at least 0; 0: one stretch

    friend constexpr bool operator==(gspn const&, gspn const&) = default;

    /// h [N, L, H, W] into an array of the caller, which must not overlap the inputs. Throws shape_error for arrays
    /// that do not fit each other, value_error for a negative chunk.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, gspn_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("gspn::forward", in, to.extents(), "out");
        dispatch(exec, hyspn::detail::scan_op<T, M>{scans(in), with_batch(to)});
    }

    /// The same into an array of its own.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   gspn_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.x.extents());
        forward(exec, in, out);
        return out;
    }

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, gspn_inputs<T, typename P::memory_space> const& in, Y&& out,
                 gspn_saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("gspn::forward", in, to.extents(), "out");
        hyspn::detail::fit(kept.result, result_extents(in));
        dispatch(exec, hyspn::detail::scan_op<T, M>{scans(in), as_view(kept.result)});
        if (to.size() > 0) dispatch(exec, hyspn::detail::copy_op<T, 4, M>{as_const(kept.result)[0], to});
    }

    /// Writes the gradients asked for, given dout = dL/dh [N, L, H, W] and what the training forward of the same inputs
    /// kept. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, gspn_inputs<T, typename P::memory_space> const& in,
                  gspn_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  gspn_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "gspn::backward";
        view<T const, 4, M> const given = as_const(dout);
        require(name, in, given.extents(), "dout");
        hyspn::detail::require_shape(name, "kept.result", "[1, N, L, H, W]", kept.result.extents(), result_extents(in));
        require_gradients(name, in, d);
        tensor<T, 4, M> scratch(present(d.x) ? dims<4>{} : given.extents());
        view<T, 4, M> const lambda = present(d.x) ? d.x : as_view(scratch);
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{given, lambda});
        dispatch(exec, hyspn::detail::scan_adjoint_op<T, M>{
                           scans(in), as_const(kept.result), with_batch(lambda), {d.gates}, {d.factor}, false});
    }

private:
    template <class T, class M>
    static dims<5> result_extents(gspn_inputs<T, M> const& in)
    {
        dims<4> const e = in.x.extents();
        return {1, e[0], e[1], e[2], e[3]};
    }

    template <class T, class M>
    hyspn::detail::scan_set<T, M> scans(gspn_inputs<T, M> const& in) const
    {
        hyspn::detail::scan_set<T, M> set{};
        set.count = 1;
        set.each[0] = {{direction, in.x.extent(2), in.x.extent(3)},
                       {3, scan_normalisation::sigmoid_share, chunk},
                       in.x,
                       in.gates,
                       in.factor};
        return set;
    }

    template <class T, class M>
    void require(char const* name, gspn_inputs<T, M> const& in, dims<4> const& result, char const* result_name) const
    {
        using namespace hyspn::detail;
        require_value(chunk >= 0, name, "chunk", "at least 0", static_cast<double>(chunk));
        require_shape(name, "factor", "[N, L, H, W]", in.factor.extents(), in.x.extents());
        require_shape(name, "gates", "[N, 3 L, H, W]", in.gates.extents(), with_channels(in.x, 3 * in.x.extent(1)));
        require_shape(name, result_name, "[N, L, H, W]", result, in.x.extents());
    }

    template <class T, class M>
    static void require_gradients(char const* name, gspn_inputs<T, M> const& in, gspn_gradients<T, M> const& d)
    {
        using hyspn::detail::require_gradient_shape;
        require_gradient_shape(name, "x", d.x, in.x);
        require_gradient_shape(name, "factor", d.factor, in.factor);
        require_gradient_shape(name, "gates", d.gates, in.gates);
    }
};

}  // namespace presets

}  // namespace hyspn::propagation
