// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <hyspn/data/scene.hpp>
#include <hyspn/data/sensor.hpp>
#include <hyspn/guidance/features.hpp>
#include <hyspn/guidance/plane_experts.hpp>
#include <hyspn/metrics/depth.hpp>
#include <hyspn/metrics/edges.hpp>
#include <hyspn/nn/loss/elementwise.hpp>
#include <hyspn/pipeline/depth_completion.hpp>

#include "task.hpp"

namespace learning {
namespace {

namespace data = hyspn::data;
namespace guidance = hyspn::guidance;

/// mean |e|/t + mean |e|/2 + RMSE/2, depths in units of their mean: relative errors as REL has them, and the large ones
/// that RMSE is made of. (A squared error alone would be made of a few edges.)
struct depth_loss {
    template <class S>
    HYSPN_HD hyspn::nn::loss::sums<S> terms(S prediction, S target) const
    {
        S const e = prediction - target;
        return {std::fabs(e) * (S(1) / target + S(0.5)), e * e, S(1)};
    }
    template <class S>
    HYSPN_HD S mean(hyspn::nn::loss::sums<S> const& total) const
    {
        return total.first / total.count + S(0.5) * std::sqrt(total.second / total.count);
    }
    template <class S>
    HYSPN_HD S slope(hyspn::nn::loss::sums<S> const& total, S prediction, S target) const
    {
        S const e = prediction - target, rmse = std::sqrt(total.second / total.count);
        S const sign = e > S(0) ? S(1) : e < S(0) ? S(-1) : S(0);
        S const root = rmse > S(0) ? S(0.5) * e / rmse : S(0);
        return (sign * (S(1) / target + S(0.5)) + root) / total.count;
    }
};

/// As most data sets measure: one pixel in 250 to 1500, or the beams of a LiDAR; now and then a few wrong ones.
hyspn::tensor<float, 2> draw_sparse(hyspn::view<float const, 2> depth, double focal, hyspn::random_stream& random)
{
    hyspn::tensor<float, 2> sparse;
    if (random.uniform() < 0.65) {
        double const apart = std::exp(std::log(250.) + random.uniform() * std::log(6.));
        sparse = data::draw_density(depth, 1 / apart, random.bits());
    } else {
        sparse = data::lidar(depth, {.focal = focal,
                                     .beams = random.uniform() < 0.5 ? 16 : 32,
                                     .azimuth_step = 0.3,
                                     .see_through = 0.5,
                                     .seed = random.bits()});
    }
    if (random.uniform() < 0.2) data::add_outliers(as_view(sparse), 0.02, 1.3, random.bits());
    return sparse;
}

bool has_any(hyspn::tensor<float, 2> const& map)
{
    return std::any_of(map.begin(), map.end(), [](float z) { return z > 0; });
}

template <class P>
example make_from(P const& exec, data::sample const& s, std::string name)
{
    auto const features = guidance::image_features(exec, s.rgb);
    auto const options = guidance::experts_for_sampling(guidance::sampling_anisotropy(s.sparse));
    auto const experts = guidance::plane_experts(exec, features, s.sparse, options);
    auto arrays = hyspn::make_depth_arrays(exec, s.rgb, s.sparse, experts);
    example e{.image = std::move(arrays.image),
              .maps = std::move(arrays.maps),
              .measured = std::move(arrays.measured),
              .mask = std::move(arrays.mask),
              .scale = arrays.scale,
              .name = std::move(name)};
    if (s.depth.size() == 0) return e;
    e.target = hyspn::tensor<float, 4>(e.mask.extents());
    std::transform(s.depth.begin(), s.depth.end(), e.target.begin(), [&](float z) { return z / e.scale; });
    return e;
}

/// [H, W] of [1, 1, H, W], times a factor.
hyspn::tensor<float, 2> plane_of(hyspn::tensor<float, 4> const& map, float factor)
{
    hyspn::tensor<float, 2> plane(map.extent(2), map.extent(3));
    std::transform(map.begin(), map.begin() + plane.size(), plane.begin(), [&](float z) { return factor * z; });
    return plane;
}

class depth_task final : public task {
public:
    example make_example(std::uint64_t seed, index_t, index_t height, index_t width) const override
    {
        hyspn::random_stream random(seed);
        hyspn::exec::seq const exec;
        for (;;) {  // a scene of nothing but sky has nothing to measure
            auto scene = data::render_scene(exec, {.height = height, .width = width, .seed = random.bits()});
            data::sample s{.rgb = std::move(scene.rgb), .depth = std::move(scene.depth)};
            s.sparse = draw_sparse(as_const(s.depth), scene.focal, random);
            if (has_any(s.sparse)) return make_from(exec, s, "scene");
        }
    }

    example from_sample(exec_policy const& exec, data::sample const& s, std::string name) const override
    {
        if (s.rgb.size() == 0) throw usage_error(name + " has no image");
        if (s.sparse.size() == 0 || !has_any(s.sparse)) throw usage_error(name + " has no sparse depth");
        return make_from(exec, s, std::move(name));
    }

    double loss(exec_policy const& exec, example const& batch, hyspn::view<float const, 4> out,
                hyspn::view<float, 4> dout) const override
    {
        return hyspn::nn::loss::value_and_gradient(exec, depth_loss{}, out, batch.target, dout);
    }

    scores score(exec_policy const& exec, example const& e, hyspn::tensor<float, 4> const& out) const override
    {
        auto const depth = plane_of(out, e.scale), truth = plane_of(e.target, e.scale), given = plane_of(e.mask, 1);
        auto const all = hyspn::metrics::depth(exec, depth, truth, given);
        auto const edges = hyspn::metrics::depth_edges(exec, depth, truth, given);
        return {
            {"RMSE", all.rmse}, {"MAE", all.mae},      {"iRMSE", all.irmse},           {"iMAE", all.imae},
            {"REL", all.rel},   {"d1.25", all.delta1}, {"edge RMSE", edges.near_rmse}, {"bleeding", edges.bleeding}};
    }

    /// The experts' mean by their prior weights.
    hyspn::tensor<float, 4> initial(example const& e) const override
    {
        hyspn::tensor<float, 4> mean(e.mask.extents());
        index_t const experts = hyspn::guidance::plane_expert_count;
        for (index_t i = 0; i < e.height(); ++i)
            for (index_t j = 0; j < e.width(); ++j) {
                float sum = 0, weights = 0;
                for (index_t k = 0; k < experts; ++k) {
                    float const w = e.maps(0, experts + k, i, j);
                    sum += w * e.maps(0, k, i, j);
                    weights += w;
                }
                mean(0, 0, i, j) = e.mask(0, 0, i, j) > 0 ? e.measured(0, 0, i, j) : sum / weights;
            }
        return mean;
    }
};

}  // namespace

std::unique_ptr<task> make_depth_task()
{
    return std::make_unique<depth_task>();
}

}  // namespace learning
