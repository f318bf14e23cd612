// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "networks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/propagation/presets/bpnet_post.hpp>
#include <hyspn/propagation/presets/cspn_pp.hpp>
#include <hyspn/propagation/presets/depth_integration.hpp>
#include <hyspn/propagation/presets/dyspn_rings.hpp>
#include <hyspn/propagation/presets/dyspn_softmax.hpp>
#include <hyspn/propagation/presets/lrru.hpp>
#include <hyspn/propagation/presets/nlspn.hpp>
#include <hyspn/propagation/presets/penet_dilated.hpp>
#include <hyspn/propagation/presets/tree_filter.hpp>
#include <hyspn/propagation/sampled.hpp>
#include <hyspn/propagation/scan.hpp>

#include "gates.hpp"

namespace complete_depth {
namespace {

using hyspn::as_const;
using hyspn::dims;
using hyspn::tensor;
using hyspn::view;
namespace propagation = hyspn::propagation;
namespace presets = hyspn::propagation::presets;
using map = tensor<float, 4>;

map as_map(view<float const, 2> const& from)
{
    map to(1, 1, from.extent(0), from.extent(1));
    copy(with_batch(with_batch(from)), as_view(to));
    return to;
}

/// The channels at these places, in this order.
map pick(map const& from, std::initializer_list<index_t> channels)
{
    map to(1, static_cast<index_t>(channels.size()), from.extent(2), from.extent(3));
    index_t const plane = from.extent(2) * from.extent(3);
    float* next = to.data();
    for (index_t const c : channels) next = std::copy_n(from.data() + c * plane, plane, next);
    return to;
}

/// The same channels `times` times over.
map repeated(map const& from, index_t times)
{
    map to(1, times * from.extent(1), from.extent(2), from.extent(3));
    for (index_t t = 0; t < times; ++t) std::copy(from.begin(), from.end(), to.data() + t * from.size());
    return to;
}

/// One more row or column where a side is odd, a copy of the last.
map made_even(map const& from)
{
    index_t const height = from.extent(2), width = from.extent(3);
    map to(1, from.extent(1), height + height % 2, width + width % 2);
    for (index_t c = 0; c < to.extent(1); ++c)
        for (index_t i = 0; i < to.extent(2); ++i)
            for (index_t j = 0; j < to.extent(3); ++j)
                to(0, c, i, j) = from(0, c, std::min(i, height - 1), std::min(j, width - 1));
    return to;
}

/// Every second pixel.
map halved(map const& from)
{
    map to(1, from.extent(1), from.extent(2) / 2, from.extent(3) / 2);
    for (index_t c = 0; c < to.extent(1); ++c)
        for (index_t i = 0; i < to.extent(2); ++i)
            for (index_t j = 0; j < to.extent(3); ++j) to(0, c, i, j) = from(0, c, 2 * i, 2 * j);
    return to;
}

template <class P>
class network_run {
public:
    network_run(P const& exec, network_problem const& p)
        : exec_(exec),
          p_(p),
          features_(with_batch(p.features).extents()),
          initial_(as_map(p.initial)),
          sparse_(as_map(p.sparse)),
          mask_(sparse_),
          out_(initial_.extents())
    {
        copy(with_batch(p.features), as_view(features_));
        for (float& m : mask_) m = m > 0 ? 1.0F : 0.0F;
    }

    /// Weights in the place of gates; no offsets; every measurement counts.
    map nlspn() const { return sampled(presets::nlspn{.steps = p_.steps, .confidence = none}, weights(3)); }

    /// tanh(a/100): its gates are a hundred times as large.
    map completionformer() const
    {
        auto gates = weights(3);
        for (float& g : gates) g *= 100;
        return sampled(presets::completionformer{.steps = p_.steps, .confidence = none}, gates);
    }

    /// Logarithms of the weights, the centre's included, the same each step.
    map dyspn_softmax() const
    {
        auto logits = insert_centre(weights(3), 3);
        take_logarithms(logits);
        return sampled(presets::dyspn_softmax{.points = 9, .steps = p_.steps}, repeated(logits, p_.steps));
    }

    /// Logits of shares of 1, so that the average is that by geodesic weights. (The residual kernel, the published
    /// default, adds Σ (w - mean w) x to the map; without training that sharpens it.)
    map lrru() const
    {
        auto logits = insert_centre(weights(3), 3);
        for (float& g : logits) {
            float const share = std::clamp(g / 9, 1e-6F, 1 - 1e-6F);
            g = std::log(share / (1 - share));
        }
        return sampled(presets::lrru{.updates = p_.steps, .weights = presets::lrru_kernel::average},
                       repeated(logits, p_.steps));
    }

    /// Rings of the 7 x 7 weights, equal attention.
    map dyspn_rings() const
    {
        auto const gates = pick(weights(7), rings_of_seven());
        map const attention(1, 4 * p_.steps, height(), width());
        presets::dyspn_rings{.steps = p_.steps}.forward(
            exec_,
            propagation::ring_inputs<float>{.initial = as_const(initial_),
                                            .gates = as_const(gates),
                                            .attention = as_const(attention),
                                            .measured = as_const(sparse_),
                                            .confidence = as_const(mask_)},
            out_);
        return out_;
    }

    map cspn_pp() const { return mixture(presets::cspn_pp{.steps = p_.steps}, 12, true); }
    map bpnet_post() const { return mixture(presets::bpnet_post{.steps = p_.steps}, 3, false); }

    /// Of sides that are even.
    map penet_dilated() const
    {
        auto const initial = made_even(initial_), sparse = made_even(sparse_), mask = made_even(mask_);
        index_t const h = initial.extent(2) / 2, w = initial.extent(3) / 2;
        windows full, half;
        for (std::size_t q = 0; q < 3; ++q) {
            full[q] = made_even(weights(propagation::mixture_kernels[q]));
            half[q] = halved(full[q]);
        }
        map closest(1, 1, h, w), found(1, 1, h, w);
        propagation::closest_of_cells(exec_, sparse, mask, closest, found);
        auto const sure_half = certain(h, w, 1), sure = certain(2 * h, 2 * w, 1);
        map const even_half(1, 3, h, w), even(1, 3, 2 * h, 2 * w);
        map out(initial.extents());
        presets::penet_dilated{.steps = p_.steps}.forward(exec_,
                                                          propagation::dilated_inputs<float>{
                                                              .initial = as_const(initial),
                                                              .half = stage(half, even_half, sure_half, closest, found),
                                                              .full = stage(full, even, sure, sparse, mask),
                                                          },
                                                          out);
        copy(view<float const, 4>(out.data(), out_.extents(), as_view(out).strides()), as_view(out_));
        return out_;
    }

    /// Gates below 1 in sum, so that every line keeps something of its own.
    map spn() const
    {
        auto gates = weights(3);
        for (float& g : gates) g *= 0.2F;
        map const right = pick(gates, {0, 3, 5}), left = pick(gates, {2, 4, 7}), down = pick(gates, {0, 1, 2}),
                  up = pick(gates, {5, 6, 7});
        propagation::scan const net{.normalisation = propagation::scan_normalisation::if_above_one, .stages = p_.steps};
        net.forward(
            exec_,
            propagation::scan_inputs<float>{.x = as_const(initial_),
                                            .gates = {as_const(right), as_const(left), as_const(down), as_const(up)}},
            out_);
        return out_;
    }

    /// Differences of 0, as sure as the two pixels are alike; the initial map counts as a weak measurement. (Its own
    /// differences would give it back as it is.)
    map depth_integration() const
    {
        constexpr float weak = 0.1F;
        auto const sure = pick(weights(3), {3, 1});  // to the left, and above
        map const differences(1, 2, height(), width());
        map confidence = mask_;
        for (float& beta : confidence) beta = std::max(beta, weak);
        presets::depth_integration{}.forward(
            exec_,
            propagation::depth_integration_inputs<float>{.differences = as_const(differences),
                                                         .edge_confidence = as_const(sure),
                                                         .measured = as_const(initial_),
                                                         .confidence = as_const(confidence),
                                                         .initial = as_const(initial_)},
            out_);
        return out_;
    }

    /// Along the tree of most alike features, which are scaled so that a temperature's distance counts as an edge.
    map tree_filter() const
    {
        map embedding(features_.extents());
        for (index_t i = 0; i < embedding.size(); ++i) embedding.data()[i] = features_.data()[i] * (2 / p_.temperature);
        auto const tree = propagation::minimum_spanning_tree(features_);
        presets::tree_filter{}.forward(exec_,
                                       propagation::tree_filter_inputs<float>{
                                           .x = as_const(initial_), .embedding = as_const(embedding), .tree = &tree},
                                       out_);
        return out_;
    }

private:
    using windows = std::array<map, 3>;
    static constexpr auto none = propagation::confidence_role::none;

    index_t height() const { return initial_.extent(2); }
    index_t width() const { return initial_.extent(3); }

    /// Geodesic weights of the neighbours in a window, by rows, without the centre.
    map weights(index_t kernel) const
    {
        return hyspn::affinity::geodesic{.kernel = kernel}.forward(
            exec_, hyspn::affinity::geodesic::params<float>{p_.curvature, p_.temperature}, features_);
    }

    /// Places of the rings of 8, 16 and 24 among the 48 neighbours by rows.
    static std::initializer_list<index_t> const& rings_of_seven()
    {
        static std::initializer_list<index_t> const rings{
            16, 17, 18, 23, 24, 29, 30, 31,                                  //
            8,  9,  10, 11, 12, 15, 19, 22, 25, 28, 32, 35, 36, 37, 38, 39,  //
            0,  1,  2,  3,  4,  5,  6,  7,  13, 14, 20, 21, 26, 27, 33, 34, 40, 41, 42, 43, 44, 45, 46, 47};
        return rings;
    }

    map sampled(propagation::sampled const& net, map const& gates) const
    {
        using propagation::injection_time;
        map const offsets(1, 2 * net.count() * (net.offsets_per_step ? net.steps : 1), height(), width());
        auto const sure = certain(height(), width(), 1, 1);
        tensor<float, 1> gamma(1);
        gamma(0) = static_cast<float>(net.count()) / 2;
        propagation::sampled_inputs<float> in{
            .initial = as_const(initial_), .gates = as_const(gates), .offsets = as_const(offsets)};
        if (net.learned_divisor) in.gamma = as_const(gamma);
        if (net.confidence == propagation::confidence_role::injection) in.confidence = as_const(sure);
        if (net.injection != injection_time::none) {
            in.measured = as_const(sparse_);
            in.mask = as_const(mask_);
        }
        net.forward(exec_, in, out_);
        return out_;
    }

    template <class Network>
    map mixture(Network const& net, index_t lambdas, bool with_mask) const
    {
        windows gates;
        for (std::size_t q = 0; q < 3; ++q) gates[q] = weights(propagation::mixture_kernels[q]);
        auto const sure = certain(height(), width(), 3);
        map const sigma(1, 3, height(), width()), lambda(1, lambdas, height(), width());
        auto in = stage(gates, sigma, sure, sparse_, mask_);
        in.initial = as_const(initial_);
        in.lambda = as_const(lambda);
        if (!with_mask) in.mask = {};
        net.forward(exec_, in, out_);
        return out_;
    }

    static propagation::mixture_inputs<float> stage(windows const& gates, map const& sigma, map const& confidence,
                                                    map const& measured, map const& mask)
    {
        return {.gates = {as_const(gates[0]), as_const(gates[1]), as_const(gates[2])},
                .sigma = as_const(sigma),
                .confidence = as_const(confidence),
                .measured = as_const(measured),
                .mask = as_const(mask)};
    }

    /// Confidence in the measurements, before its sigmoid unless told otherwise.
    static map certain(index_t height, index_t width, index_t channels, float value = 20)
    {
        map all(1, channels, height, width);
        std::fill(all.begin(), all.end(), value);
        return all;
    }

    P exec_;
    network_problem p_;
    map features_, initial_, sparse_, mask_;
    mutable map out_;
};

template <class P>
struct named_network {
    std::string_view name;
    map (network_run<P>::*run)() const;
};

template <class P>
constexpr std::array<named_network<P>, 11> all_networks()
{
    using run = network_run<P>;
    return {{{"nlspn", &run::nlspn},
             {"completionformer", &run::completionformer},
             {"dyspn_rings", &run::dyspn_rings},
             {"dyspn_softmax", &run::dyspn_softmax},
             {"cspn_pp", &run::cspn_pp},
             {"penet_dilated", &run::penet_dilated},
             {"bpnet_post", &run::bpnet_post},
             {"lrru", &run::lrru},
             {"spn", &run::spn},
             {"depth_integration", &run::depth_integration},
             {"tree_filter", &run::tree_filter}}};
}

template <class P>
tensor<float, 2> run_named(P const& exec, std::string_view name, network_problem const& p)
{
    tensor<float, 2> out(p.initial.extents());
    for (auto const& network : all_networks<P>())
        if (network.name == name) {
            auto const depth = (network_run<P>(exec, p).*network.run)();
            std::copy(depth.begin(), depth.end(), out.begin());
        }
    return out;
}

}  // namespace

bool is_network(std::string_view name)
{
    auto const all = all_networks<hyspn::exec::seq>();
    return std::any_of(all.begin(), all.end(), [&](auto const& network) { return network.name == name; });
}

std::optional<index_t> network_steps(std::string_view name, index_t steps)
{
    auto const rounded_up = [&](index_t multiple) {
        return std::max<index_t>((steps + multiple - 1) / multiple, 1) * multiple;
    };
    if (name == "depth_integration" || name == "tree_filter") return std::nullopt;
    if (name == "cspn_pp") return rounded_up(4);
    if (name == "bpnet_post") return rounded_up(2);
    if (name == "penet_dilated" || name == "lrru" || name == "spn" || name == "dyspn_softmax") return rounded_up(1);
    return steps;
}

tensor<float, 2> run_network(hyspn::exec::seq const& exec, std::string_view name, network_problem const& p)
{
    return run_named(exec, name, p);
}

tensor<float, 2> run_network(hyspn::exec::omp const& exec, std::string_view name, network_problem const& p)
{
    return run_named(exec, name, p);
}

}  // namespace complete_depth
