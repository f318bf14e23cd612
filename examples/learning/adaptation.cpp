// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "adaptation.hpp"

#include <algorithm>

#include <hyspn/data/stream.hpp>
#include <hyspn/guidance/samples.hpp>

#include "../common/hidden_samples.hpp"

namespace learning {
namespace {

/// The frame with some samples as the truth to predict from the others.
hyspn::data::sample as_task(hyspn::data::sample const& frame, examples::split_samples const& split)
{
    hyspn::data::sample s{
        .rgb = frame.rgb, .depth = hyspn::tensor<float, 2>(frame.sparse.extents()), .sparse = split.kept};
    for (auto const& [y, x] : split.hidden) s.depth(y, x) = frame.sparse(y, x);
    return s;
}

}  // namespace

void adapt(exec_policy const& exec, network& net, task const& t, hyspn::data::sample const& frame,
           adaptation_options const& o, progress_function const& progress)
{
    bool const lines = hyspn::guidance::sampling_anisotropy(frame.sparse) > hyspn::guidance::scan_line_anisotropy;
    auto const split = examples::hide_samples(frame.sparse, lines, o.seed);
    if (!split.is_usable()) return;
    std::vector<example> only;
    only.push_back(t.from_sample(exec, as_task(frame, split), "adaptation"));
    batch_options const crops{.images = 2,
                              .height = std::min<index_t>(160, only[0].height()),
                              .width = std::min<index_t>(208, only[0].width()),
                              .jitter = 0};
    hyspn::training::options options;
    options.optimiser.rate = o.rate;
    options.average.decay = 0.9;
    for (index_t k = 0; k < o.iterations; ++k) {
        auto const batch = cut_batch(only, crops, hyspn::data::stream_of(o.seed, k));
        net.step(exec, options, o.rate, batch.arrays(),
                 [&](exec_policy const& e, hyspn::view<float const, 4> out, hyspn::view<float, 4> dout) {
                     return t.loss(e, batch, out, dout);
                 });
        if (progress && !progress(static_cast<double>(k + 1) / static_cast<double>(o.iterations))) return;
    }
}

}  // namespace learning
