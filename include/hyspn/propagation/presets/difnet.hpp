// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/dense_walk.hpp>

/// \file
/// DifNet (Jiang et al., NeurIPS 2018): random walks between all pixels, one for each level of features f,
///
///     h_{l+1} = σ(-b_l) (σ(-a_l) P_l h_l + σ(a_l) seed) + σ(b_l) h_l,   h_0 = seed,
///
/// P_l the softmax over rows of the products f_i·f_j, a_l and b_l learned scalars, 0 at first, σ the logistic function.

namespace hyspn::propagation {

/// A level of the features.
template <class T, class M = memory::host>
struct difnet_level {
    view<T const, 4, M> features{};  ///< f [N, C, H, W]; C may differ between levels
    T a = T(0);
    T b = T(0);
};

/// Read by difnet.
template <class T, class M = memory::host>
struct difnet_inputs {
    view<T const, 4, M> seed{};  ///< [N, L, H, W]: coarse scores where they are trusted, 0 elsewhere
    std::vector<difnet_level<T, M>> levels{};
};

/// Written by backward; what is left empty is not wanted.
template <class T, class M = memory::host>
struct difnet_level_gradients {
    view<T, 4, M> features{};
    T* a = nullptr;  ///< host memory
    T* b = nullptr;  ///< host memory
};
template <class T, class M = memory::host>
struct difnet_gradients {
    view<T, 4, M> seed{};
    std::vector<difnet_level_gradients<T, M>> levels{};  ///< as many as there are levels, or none wanted
};

/// What forward leaves for backward: of each of the K levels the map it starts from and P times it [K, N, L, H, W], and
/// the logarithms of the softmax's divisors [K, N, 1, H, W].
template <class T, class M = memory::host>
struct difnet_saved {
    tensor<T, 5, M> iterates{}, walked{}, log_sums{};
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// The weights of P h, of the seed and of h.
template <class T>
struct difnet_weights {
    T walked, seed, kept;

    difnet_weights(T a, T b) : walked(sigmoid(-b) * sigmoid(-a)), seed(sigmoid(-b) * sigmoid(a)), kept(sigmoid(b)) {}

    static T sigmoid(T x)
    {
        using std::exp;
        return T(1) / (T(1) + exp(-x));
    }
};

/// to = their sum.
template <class T, class M>
struct difnet_mix_op {
    difnet_weights<T> weights;
    view<T const, 4, M> walked, seed, h;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        to(n, l, y, x) =
            weights.walked * walked(n, l, y, x) + weights.seed * seed(n, l, y, x) + weights.kept * h(n, l, y, x);
    }
};

/// From μ = dL/dh_{l+1}: g = dL/d(P h), D = Σ_l g_l (P h)_l, what h_l and the seed receive directly, and the sums over
/// maps of μ·(seed - P h) and μ·h, whose sums over pixels make dL/da and dL/db.
template <class T, class M>
struct difnet_mix_adjoint_op {
    difnet_weights<T> weights;
    view<T const, 4, M> mu, walked, seed, h;
    view<T, 4, M> g, dots, dh, dseed;  ///< dseed is added to
    view<T, 4, M> against_walk, against_seed, against_kept;

    dims<3> shape() const { return {mu.extent(0), mu.extent(2), mu.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T dot(0), with_walk(0), with_seed(0), with_kept(0);
        for (index_t l = 0; l < mu.extent(1); ++l) {
            T const m = mu(n, l, y, x), p = walked(n, l, y, x);
            g(n, l, y, x) = weights.walked * m;
            dh(n, l, y, x) = weights.kept * m;
            dseed(n, l, y, x) += weights.seed * m;
            dot += weights.walked * m * p;
            with_walk += m * p;
            with_seed += m * seed(n, l, y, x);
            with_kept += m * h(n, l, y, x);
        }
        dots(n, 0, y, x) = dot;
        against_walk(n, 0, y, x) = with_walk;
        against_seed(n, 0, y, x) = with_seed;
        against_kept(n, 0, y, x) = with_kept;
    }
};

}  // namespace hyspn::detail

namespace hyspn::propagation::presets {

/// The network's diffusion, a step for each level. Constants stay and values are means of the seed, since the weights
/// are positive and sum to 1. N'² (C + L) operations for N' pixels, in memory linear in N'.
struct difnet {
    friend constexpr bool operator==(difnet const&, difnet const&) = default;

    /// h_K [N, L, H, W]. Results do not depend on the number of threads. Throws shape_error.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   difnet_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.seed.extents());
        forward(exec, in, out);
        return out;
    }

    /// Writes it to `out` (not an input) and fills `kept` for backward. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, difnet_inputs<T, typename P::memory_space> const& in, Y&& out,
                 difnet_saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("difnet::forward", in, "out", to.extents());
        renew(kept, in);
        run(exec, in, to, kept, true);
    }

    /// The same for inference: keeps nothing. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, difnet_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("difnet::forward", in, "out", to.extents());
        dims<4> const e = in.seed.extents();
        difnet_saved<T, M> scratch{tensor<T, 5, M>(2, e[0], e[1], e[2], e[3]),
                                   tensor<T, 5, M>(1, e[0], e[1], e[2], e[3]), tensor<T, 5, M>(1, e[0], 1, e[2], e[3])};
        run(exec, in, to, scratch, false);
    }

    /// Writes the gradients asked for (those of a and b to their addresses), given dout = dL/dh_K [N, L, H, W] and what
    /// the training forward of the same inputs kept. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, difnet_inputs<T, typename P::memory_space> const& in,
                  difnet_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  difnet_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "difnet::backward";
        view<T const, 4, M> const lambda = as_const(dout);
        require(name, in, "dout", lambda.extents());
        require_gradients(name, in, kept, d);
        dims<4> const e = in.seed.extents();
        tensor<T, 4, M> mu(e), dh(e), dseed(e);
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{lambda, as_view(mu)});
        for (std::size_t k = in.levels.size(); k-- > 0;) {
            difnet_level_gradients<T, M> const wanted = d.levels.empty() ? difnet_level_gradients<T, M>{} : d.levels[k];
            level_backward(exec, in, kept, k, mu, dh, dseed, wanted);
            std::swap(mu, dh);
        }
        if (!present(d.seed)) return;
        dispatch(exec, hyspn::detail::add_scaled_op<T, 4, M>{T(1), as_const(mu), as_view(dseed)});
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{as_const(dseed), d.seed});
    }

private:
    /// Level after level; with `keep` each has arrays of its own, else two maps take turns.
    template <execution_policy P, class T, class M>
    static void run(P const& exec, difnet_inputs<T, M> const& in, view<T, 4, M> to, difnet_saved<T, M>& arrays,
                    bool keep)
    {
        std::size_t const K = in.levels.size();
        auto const iterates = as_view(arrays.iterates), walked = as_view(arrays.walked),
                   log_sums = as_view(arrays.log_sums);
        auto const place = [&](std::size_t k) {
            return k == K ? to : iterates[static_cast<index_t>(keep ? k : k % 2)];
        };
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{in.seed, place(0)});
        for (std::size_t k = 0; k < K; ++k) {
            auto const& level = in.levels[k];
            index_t const own = keep ? static_cast<index_t>(k) : 0;
            dispatch(exec, hyspn::detail::dense_walk_op<T, M>{level.features, place(k), walked[own], log_sums[own]});
            dispatch(exec, hyspn::detail::difnet_mix_op<T, M>{
                               {level.a, level.b}, walked[own], in.seed, place(k), place(k + 1)});
        }
    }

    /// One level back: dh = dL/dh_l from mu = dL/dh_{l+1}.
    template <execution_policy P, class T, class M>
    static void level_backward(P const& exec, difnet_inputs<T, M> const& in, difnet_saved<T, M> const& kept,
                               std::size_t k, tensor<T, 4, M> const& mu, tensor<T, 4, M>& dh, tensor<T, 4, M>& dseed,
                               difnet_level_gradients<T, M> const& d)
    {
        auto const& level = in.levels[k];
        auto const own = static_cast<index_t>(k);
        view<T const, 4, M> const h = kept.iterates[own], walked = kept.walked[own];
        dims<4> const e = in.seed.extents(), map{e[0], 1, e[2], e[3]};
        tensor<T, 4, M> g(e), dots(map), with_walk(map), with_seed(map), with_kept(map);
        tensor<T, 4, M> scratch(present(d.features) ? dims<4>{} : level.features.extents());
        hyspn::detail::difnet_weights<T> const weights(level.a, level.b);
        dispatch(exec, hyspn::detail::difnet_mix_adjoint_op<T, M>{
                           weights, as_const(mu), walked, in.seed, h, as_view(g), as_view(dots), as_view(dh),
                           as_view(dseed), as_view(with_walk), as_view(with_seed), as_view(with_kept)});
        dispatch(exec, hyspn::detail::dense_walk_adjoint_op<T, M>{level.features, h, kept.log_sums[own], as_const(g),
                                                                  as_const(dots), as_view(dh),
                                                                  present(d.features) ? d.features : as_view(scratch)});
        if (!d.a && !d.b) return;
        T const walk = hyspn::detail::sum_of(exec, with_walk), seed = hyspn::detail::sum_of(exec, with_seed),
                held = hyspn::detail::sum_of(exec, with_kept);
        T const to_seed = weights.sigmoid(level.a), open = weights.sigmoid(-level.b);
        if (d.a) *d.a = weights.walked * to_seed * (seed - walk);
        if (d.b) *d.b = weights.kept * (open * held - (weights.walked * walk + weights.seed * seed));
    }

    template <class T, class M>
    static void renew(difnet_saved<T, M>& kept, difnet_inputs<T, M> const& in)
    {
        using hyspn::detail::fit;
        fit(kept.iterates, of_levels(in, in.seed.extent(1)));
        fit(kept.walked, of_levels(in, in.seed.extent(1)));
        fit(kept.log_sums, of_levels(in, 1));
    }

    template <class T, class M>
    static dims<5> of_levels(difnet_inputs<T, M> const& in, index_t maps)
    {
        dims<4> const e = in.seed.extents();
        return {static_cast<index_t>(in.levels.size()), e[0], maps, e[2], e[3]};
    }

    template <class T, class M>
    static void require(char const* name, difnet_inputs<T, M> const& in, char const* argument, dims<4> const& got)
    {
        dims<4> const e = in.seed.extents();
        for (auto const& level : in.levels)
            hyspn::detail::require_shape(name, "features", "[N, C, H, W]", level.features.extents(),
                                         dims<4>{e[0], level.features.extent(1), e[2], e[3]});
        hyspn::detail::require_shape(name, argument, "[N, L, H, W]", got, e);
    }

    template <class T, class M>
    static void require_gradients(char const* name, difnet_inputs<T, M> const& in, difnet_saved<T, M> const& kept,
                                  difnet_gradients<T, M> const& d)
    {
        using hyspn::detail::require_shape;
        dims<5> const maps = of_levels(in, in.seed.extent(1));
        require_shape(name, "kept.iterates", "[K, N, L, H, W]", kept.iterates.extents(), maps);
        require_shape(name, "kept.walked", "[K, N, L, H, W]", kept.walked.extents(), maps);
        require_shape(name, "kept.log_sums", "[K, N, 1, H, W]", kept.log_sums.extents(), of_levels(in, 1));
        hyspn::detail::require_gradient_shape(name, "seed", d.seed, in.seed);
        if (d.levels.empty()) return;
        if (d.levels.size() != in.levels.size())
            hyspn::detail::raise<shape_error>(name, "the gradients of levels",
                                              std::to_string(in.levels.size()) + " or none",
                                              std::to_string(d.levels.size()));
        for (std::size_t k = 0; k < in.levels.size(); ++k)
            hyspn::detail::require_gradient_shape(name, "features", d.levels[k].features, in.levels[k].features);
    }
};

}  // namespace hyspn::propagation::presets
