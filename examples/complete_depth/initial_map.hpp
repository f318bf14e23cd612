// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/core/tensor.hpp>
#include <hyspn/guidance/dirichlet.hpp>
#include <hyspn/guidance/initial_depth.hpp>
#include <hyspn/guidance/plane_experts.hpp>

#include "arguments.hpp"
#include "problem.hpp"

/// The map that propagation starts from, as --initial and --blend say.

namespace complete_depth {

template <class P>
class initial_map {
public:
    /// For maps from the image of `p`, whose features are given; both outlive this. The pattern of p's samples decides
    /// on the options.
    initial_map(P const& exec, problem const& p, hyspn::view<float const, 3> features, arguments const& a)
        : exec_(exec),
          problem_(p),
          features_(features),
          arguments_(a),
          anisotropy_(hyspn::guidance::sampling_anisotropy(p.sparse))
    {
    }

    double anisotropy() const { return anisotropy_; }
    bool scan_lines() const { return anisotropy_ > hyspn::guidance::scan_line_anisotropy; }

    /// A map from some samples of the image. Calls stage(name) as each part of the work begins.
    template <class Stage>
    hyspn::tensor<float, 2> complete(hyspn::tensor<float, 2> const& sparse, Stage const& stage) const
    {
        auto map = arguments_.initial == "planes" ? from_planes(sparse, stage) : from_experts(sparse, stage);
        return arguments_.blend > 0 ? blended(map, sparse, stage) : std::move(map);
    }

private:
    template <class Stage>
    hyspn::tensor<float, 2> from_planes(hyspn::tensor<float, 2> const& sparse, Stage const& stage) const
    {
        namespace guidance = hyspn::guidance;
        auto const options = guidance::options_for_sampling(anisotropy_);
        stage("nearest samples");
        auto const samples = guidance::collect_samples(sparse);
        auto const near = guidance::find_nearest_samples(exec_, features_, samples, options.neighbours, options.paths);
        stage("local planes");
        auto map = guidance::fit_local_planes(exec_, near, samples, options.planes);
        guidance::write_samples(samples, map);
        return map;
    }

    template <class Stage>
    hyspn::tensor<float, 2> from_experts(hyspn::tensor<float, 2> const& sparse, Stage const& stage) const
    {
        namespace guidance = hyspn::guidance;
        auto const options = guidance::experts_for_sampling(anisotropy_);
        stage("nearest samples");
        auto const samples = guidance::collect_samples(sparse);
        auto const near = guidance::find_expert_samples(exec_, features_, samples, options);
        stage("plane experts");
        return guidance::fit_plane_experts(exec_, near, samples, options).depth;
    }

    template <class Stage>
    hyspn::tensor<float, 2> blended(hyspn::tensor<float, 2> const& map, hyspn::tensor<float, 2> const& sparse,
                                    Stage const& stage) const
    {
        stage("blend");
        hyspn::tensor<float, 3> lab(problem_.rgb.extents());
        hyspn::guidance::rgb_to_lab(exec_, problem_.rgb, lab);
        return hyspn::guidance::blend_dirichlet(exec_, lab, sparse, map, arguments_.blend).depth;
    }

    P exec_;
    problem const& problem_;
    hyspn::view<float const, 3> features_;
    arguments const& arguments_;
    double anisotropy_;
};

}  // namespace complete_depth
