// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/propagation/stencil.hpp>

/// \file
/// Gates of its own for each map. The engine's images share nothing, so the L maps of an image are given to it as L
/// images of one map; what they do share, such as the confidence, it reads L times from one place.

namespace hyspn::propagation {

/// What the training forward of per_map leaves for backward: of each image what the stencil keeps for its L maps.
template <class T, class M = memory::host>
struct per_map_saved {
    std::vector<saved<T, M>> images{};
};

/// A stencil whose maps do not share their gates, as the linear propagation of segmentation networks and the
/// multi-channel form of BP-Net's operator want it: gates [N, L K, H, W], the K of map 0 first. Measurements,
/// confidence and mask are as of stencil; the confidence is shared, its gradient the sum over the maps.
///
///     propagation::per_map const net{propagation::presets::cspn{.steps = 24}};
struct per_map {
    stencil net{};

    friend constexpr bool operator==(per_map const&, per_map const&) = default;

    /// x_T [N, L, H, W]. Cost, errors and determinism are those of stencil::forward, image by image.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec, inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.initial.extents());
        forward(exec, in, out);
        return out;
    }

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out) const;

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                 per_map_saved<T, typename P::memory_space>& kept) const;

    /// Writes the gradients asked for, given dout [N, L, H, W] and what the training forward of the same inputs kept.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, inputs<T, typename P::memory_space> const& in,
                  per_map_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  gradients<T, typename P::memory_space> const& d) const;
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// Image n of [N, L C, H, W] as L images [L, C, H, W]; of [N, 1, H, W] as L times the same. Absent stays absent.
template <class T, class M>
view<T, 4, M> maps_as_images(view<T, 4, M> const& v, index_t n, index_t maps)
{
    if (!propagation::present(v) || maps == 0) return {};
    bool const shared = v.extent(1) == 1;
    index_t const channels = shared ? 1 : v.extent(1) / maps;
    T* const data = v.data_handle() ? v.data_handle() + n * v.stride(0) : nullptr;
    return {data,
            {maps, channels, v.extent(2), v.extent(3)},
            {shared ? 0 : channels * v.stride(1), v.stride(1), v.stride(2), v.stride(3)}};
}

template <class T, class M>
propagation::inputs<T, M> maps_as_images(propagation::inputs<T, M> const& in, index_t n)
{
    index_t const maps = in.initial.extent(1);
    return {.initial = maps_as_images(in.initial, n, maps),
            .gates = maps_as_images(in.gates, n, maps),
            .measured = maps_as_images(in.measured, n, maps),
            .confidence = maps_as_images(in.confidence, n, maps),
            .active = maps_as_images(in.active, n, maps)};
}

template <class T, class M>
void require_inputs(char const* function, propagation::per_map const& o, propagation::inputs<T, M> const& in)
{
    require_options(function, o.net);
    index_t const K = o.net.gates();
    require_shape(function, "gates", "[N, L K, H, W]", in.gates.extents(),
                  with_channels(in.initial, in.initial.extent(1) * K));
    auto one = in;
    one.gates = {in.gates.data_handle(), with_channels(in.gates, K), in.gates.strides()};
    require_inputs(function, o.net, one);
}

/// to(p) = Σ_l from_l(p), of a gradient that maps share: from [L, 1, H, W], to [1, 1, H, W]. Where β is 0 and what is
/// injected into any map is no number, nothing was measured, and the gradient is 0.
template <class T, class M>
struct sum_over_maps_op {
    view<T const, 4, M> from;
    view<T const, 4, M> confidence, injected;  ///< [L, 1, H, W]
    view<T, 4, M> to;

    dims<2> shape() const { return {from.extent(2), from.extent(3)}; }

    HYSPN_HD void operator()(index_t y, index_t x) const
    {
        T sum = T(0);
        bool missing = false;
        for (index_t l = 0; l < from.extent(0); ++l) {
            T const s = injected(l, 0, y, x);
            missing = missing || (confidence(l, 0, y, x) == T(0) && !(s - s == T(0)));
            sum += from(l, 0, y, x);
        }
        to(0, 0, y, x) = missing ? T(0) : sum;
    }
};

/// What is shared may have pixels though there are no maps; its gradient is then 0.
template <execution_policy P, class T, class M>
void clear_shared(P const& exec, propagation::gradients<T, M> const& d)
{
    if (d.measured.data_handle()) dispatch(exec, fill_op<T, 4, M>{T(0), d.measured});
    if (d.confidence.data_handle()) dispatch(exec, fill_op<T, 4, M>{T(0), d.confidence});
}

/// The gradients of one image as those of its maps: scratch where maps share an input, then summed.
template <class T, class M>
class per_map_gradients {
public:
    per_map_gradients(propagation::stencil const& net, propagation::inputs<T, M> const& in,
                      propagation::gradients<T, M> const& wanted, index_t n)
        : image_(maps_as_images(in, n)),
          injected_(net.injected == propagation::injected_value::initial ? image_.initial : image_.measured)
    {
        index_t const maps = in.initial.extent(1);
        all = {.initial = maps_as_images(wanted.initial, n, maps),
               .gates = maps_as_images(wanted.gates, n, maps),
               .measured = maps_as_images(wanted.measured, n, maps),
               .confidence = maps_as_images(wanted.confidence, n, maps)};
        share(all.measured, shared_measured_, measured_);
        share(all.confidence, shared_confidence_, confidence_);
    }

    template <execution_policy P>
    void sum(P const& exec) const
    {
        add_up(exec, measured_, shared_measured_);
        add_up(exec, confidence_, shared_confidence_);
    }

    propagation::gradients<T, M> all;

private:
    static void share(view<T, 4, M>& gradient, view<T, 4, M>& total, tensor<T, 4, M>& each)
    {
        if (!propagation::present(gradient) || gradient.stride(0) != 0) return;
        total = gradient;
        each = tensor<T, 4, M>(gradient.extents());
        gradient = as_view(each);
    }

    template <execution_policy P>
    void add_up(P const& exec, tensor<T, 4, M> const& each, view<T, 4, M> const& total) const
    {
        if (each.size() > 0)
            dispatch(exec, sum_over_maps_op<T, M>{as_const(each), image_.confidence, injected_, total});
    }

    propagation::inputs<T, M> image_;
    view<T const, 4, M> injected_;
    view<T, 4, M> shared_measured_{}, shared_confidence_{};
    tensor<T, 4, M> measured_{}, confidence_{};
};

}  // namespace hyspn::detail

namespace hyspn::propagation {

template <execution_policy P, class T, view_of_rank<4> Y>
void per_map::forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out) const
{
    using M = typename P::memory_space;
    char const* const name = "per_map::forward";
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    for (index_t n = 0; n < in.initial.extent(0) && in.initial.size() > 0; ++n)
        net.forward(exec, hyspn::detail::maps_as_images(in, n),
                    hyspn::detail::maps_as_images(to, n, in.initial.extent(1)));
}

template <execution_policy P, class T, view_of_rank<4> Y>
void per_map::forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                      per_map_saved<T, typename P::memory_space>& kept) const
{
    using M = typename P::memory_space;
    char const* const name = "per_map::forward";
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    kept.images.resize(static_cast<std::size_t>(in.initial.extent(0)));
    for (index_t n = 0; n < in.initial.extent(0) && in.initial.size() > 0; ++n)
        net.forward(exec, hyspn::detail::maps_as_images(in, n),
                    hyspn::detail::maps_as_images(to, n, in.initial.extent(1)),
                    kept.images[static_cast<std::size_t>(n)]);
}

template <execution_policy P, class T, view_of_rank<4> Y>
void per_map::backward(P const& exec, inputs<T, typename P::memory_space> const& in,
                       per_map_saved<T, typename P::memory_space> const& kept, Y const& dout,
                       gradients<T, typename P::memory_space> const& d) const
{
    using M = typename P::memory_space;
    char const* const name = "per_map::backward";
    hyspn::detail::require_inputs(name, *this, in);
    hyspn::detail::require_gradients(name, in, d);
    view<T const, 4, M> const lambda = as_const(dout);
    hyspn::detail::require_shape(name, "dout", "[N, L, H, W]", lambda.extents(), in.initial.extents());
    auto const images = static_cast<index_t>(kept.images.size());
    hyspn::detail::require_value(images == in.initial.extent(0), name, "the number of kept images",
                                 "that of the inputs", static_cast<double>(images));
    if (in.initial.size() == 0) return hyspn::detail::clear_shared(exec, d);
    for (index_t n = 0; n < images; ++n) {
        hyspn::detail::per_map_gradients<T, M> const of(net, in, d, n);
        net.backward(exec, hyspn::detail::maps_as_images(in, n), kept.images[static_cast<std::size_t>(n)],
                     hyspn::detail::maps_as_images(lambda, n, in.initial.extent(1)), of.all);
        of.sum(exec);
    }
}

}  // namespace hyspn::propagation
