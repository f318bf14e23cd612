// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/options.hpp>
#include <hyspn/propagation/scan_line.hpp>
#include <hyspn/propagation/step.hpp>

/// \file
/// Spatial propagation by scans: Liu, De Mello, Gu, Zhong, Yang, Kautz: Learning Affinity via Spatial Propagation
/// Networks (NeurIPS 2017).

namespace hyspn::propagation {

/// Read by a scan. Gates of a scan's direction: gate j of map l in channel j L + l, so that they are G1 | G2 | G3 of L
/// maps each, which weigh the previous line at -1, 0, +1 (above to below, or left to right); G2 alone if one-way.
template <class T, class M = memory::host>
struct scan_inputs {
    view<T const, 4, M> x{};         ///< [N, L, H, W]
    view<T const, 4, M> gates[4]{};  ///< [N, way L, H, W], in the order of scan_direction: right, left, down, up
};

/// Written by backward, in the shapes of the inputs; a gradient left empty is not wanted.
template <class T, class M = memory::host>
struct scan_gradients {
    view<T, 4, M> x{};
    view<T, 4, M> gates[4]{};
};

/// What forward leaves for backward: every scan's result [4 stages, N, L, H, W].
template <class T, class M = memory::host>
struct scan_saved {
    tensor<T, 5, M> scans{};
};

/// Four scans of x, merged by the element-wise maximum. A scan goes from line to line,
///
///     h(i, t) = (1 - Σ_j w_j(i, t)) x(i, t) + Σ_j w_j(i, t) h(i + j, t - 1),    j = -1, 0, 1 or 0 alone,
///
/// with normalised gates w of its own. A neighbour outside the image has no weight, and its share goes to x, so the
/// first line is x and constants stay. With Σ|w| <= 1 nothing grows from line to line.
/// The derivative of the maximum belongs to the first direction that attains it.
///
/// O(way N L H W) operations. Every result is the same bits for any number of threads, of which at most 4 N L can work
/// at once; exec::cuda has a block for each map and direction.
struct scan {
    index_t way = 3;  ///< 1 or 3
    scan_normalisation normalisation = scan_normalisation::always;
    index_t stages = 1;  ///< at least 1; each scans the result of the one before with the same gates

    friend constexpr bool operator==(scan const&, scan const&) = default;

    /// The merged map [N, L, H, W]. Throws shape_error for arrays that do not fit each other, value_error for options
    /// out of range.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   scan_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.x.extents());
        forward(exec, in, out);
        return out;
    }

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, scan_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("scan::forward", in, to.extents(), "out");
        tensor<T, 5, M> scratch(scans_extents(in, 1));
        for (index_t stage = 0; stage < stages; ++stage)
            run_stage(exec, in, stage == 0 ? in.x : as_const(to), as_view(scratch), to);
    }

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, scan_inputs<T, typename P::memory_space> const& in, Y&& out,
                 scan_saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("scan::forward", in, to.extents(), "out");
        hyspn::detail::fit(kept.scans, scans_extents(in, stages));
        for (index_t stage = 0; stage < stages; ++stage)
            run_stage(exec, in, stage == 0 ? in.x : as_const(to), scans_of(as_view(kept.scans), stage), to);
    }

    /// Writes the gradients asked for, given dout = dL/dout [N, L, H, W] and what the training forward of the same
    /// inputs kept. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, scan_inputs<T, typename P::memory_space> const& in,
                  scan_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  scan_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "scan::backward";
        view<T const, 4, M> lambda = as_const(dout);
        require(name, in, lambda.extents(), "dout");
        hyspn::detail::require_shape(name, "kept.scans", "[4 stages, N, L, H, W]", kept.scans.extents(),
                                     scans_extents(in, stages));
        require_gradients(name, in, d);

        tensor<T, 5, M> scratch(scans_extents(in, 1));
        tensor<T, 4, M> stage_input(stages > 1 ? in.x.extents() : dims<4>{}), dinput(stage_input.extents());
        for (index_t stage = stages - 1; stage >= 0; --stage) {
            if (stage > 0) {
                auto const before = scans_of(as_const(kept.scans), stage - 1);
                dispatch(exec, hyspn::detail::scan_merge_op<T, M>{before, as_view(stage_input)});
            }
            auto const scans = scans_of(as_const(kept.scans), stage);
            dispatch(exec, hyspn::detail::scan_route_op<T, M>{scans, lambda, as_view(scratch)});
            dispatch(exec, adjoint_op(in, stage == 0 ? in.x : as_const(stage_input), scans, as_view(scratch), d,
                                      stage < stages - 1));
            sum_directions(exec, as_const(scratch), stage == 0 ? d.x : as_view(dinput));
            lambda = as_const(dinput);
        }
    }

private:
    template <class T, class M>
    static dims<5> scans_extents(scan_inputs<T, M> const& in, index_t n)
    {
        dims<4> const e = in.x.extents();
        return {4 * n, e[0], e[1], e[2], e[3]};
    }

    template <class T, class M>
    static view<T, 5, M> scans_of(view<T, 5, M> const& all, index_t stage)
    {
        return hyspn::detail::ascending(all, 4 * stage, 4);
    }

    template <class T, class M>
    hyspn::detail::scan_set<T, M> scans(scan_inputs<T, M> const& in, view<T const, 4, M> const& x) const
    {
        hyspn::detail::scan_set<T, M> set{};
        set.count = 4;
        for (index_t d = 0; d < 4; ++d)
            set.each[d] = {{static_cast<scan_direction>(d), x.extent(2), x.extent(3)},
                           {way, normalisation, 0},
                           x,
                           in.gates[d],
                           {}};
        return set;
    }

    template <execution_policy P, class T, class M>
    void run_stage(P const& exec, scan_inputs<T, M> const& in, view<T const, 4, M> const& x, view<T, 5, M> const& to,
                   view<T, 4, M> const& merged) const
    {
        dispatch(exec, hyspn::detail::scan_op<T, M>{scans(in, x), to});
        dispatch(exec, hyspn::detail::scan_merge_op<T, M>{to, merged});
    }

    template <class T, class M>
    hyspn::detail::scan_adjoint_op<T, M> adjoint_op(scan_inputs<T, M> const& in, view<T const, 4, M> const& x,
                                                    view<T const, 5, M> const& h, view<T, 5, M> const& lambda,
                                                    scan_gradients<T, M> const& d, bool accumulate) const
    {
        return {scans(in, x), h, lambda, {d.gates[0], d.gates[1], d.gates[2], d.gates[3]}, {}, accumulate};
    }

    template <execution_policy P, class T, class M>
    static void sum_directions(P const& exec, view<T const, 5, M> const& from, view<T, 4, M> const& to)
    {
        if (!to.data_handle()) return;
        dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), to});
        dispatch(exec, hyspn::detail::stencil_sum_op<T, M>{from, to});
    }

    template <class T, class M>
    void require(char const* name, scan_inputs<T, M> const& in, dims<4> const& result, char const* result_name) const
    {
        using namespace hyspn::detail;
        require_value(way == 1 || way == 3, name, "way", "1 or 3", static_cast<double>(way));
        require_value(stages >= 1, name, "stages", "at least 1", static_cast<double>(stages));
        for (index_t i = 0; i < 4; ++i)
            require_shape(name, gates_name(i).c_str(), "[N, way L, H, W]", in.gates[i].extents(),
                          with_channels(in.x, way * in.x.extent(1)));
        require_shape(name, result_name, "[N, L, H, W]", result, in.x.extents());
    }

    template <class T, class M>
    static void require_gradients(char const* name, scan_inputs<T, M> const& in, scan_gradients<T, M> const& d)
    {
        hyspn::detail::require_gradient_shape(name, "x", d.x, in.x);
        for (index_t i = 0; i < 4; ++i)
            hyspn::detail::require_gradient_shape(name, gates_name(i), d.gates[i], in.gates[i]);
    }

    static std::string gates_name(index_t direction) { return "gates[" + std::to_string(direction) + "]"; }
};

namespace presets {

/// Three-way SPN as the authors' Caffe model: gates always divided by Σ|g|. (That model raises sums below 1e-6 to
/// 1e-6.)
inline constexpr scan spn{};

/// Three-way SPN as the authors' PyTorch module, which divides only where Σ|g| is at least 1 (and where all gates are 0
/// returns NaN; here nothing is propagated).
inline constexpr scan spn_if_above_one{.normalisation = scan_normalisation::if_above_one};

/// One-way SPN. A single gate always divided by its magnitude would be its sign, with no gradient; so if above 1.
inline constexpr scan spn_one_way{.way = 1, .normalisation = scan_normalisation::if_above_one};

/// Their segmentation network: the merged map scanned once more with the same gates.
inline constexpr scan spn_two_stage{.stages = 2};

}  // namespace presets

}  // namespace hyspn::propagation
