// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "adaptation.hpp"

#include <algorithm>

#include <hyspn/data/stream.hpp>
#include <hyspn/guidance/initial_depth.hpp>
#include <hyspn/guidance/samples.hpp>

namespace learning {
namespace {

/// Three samples in ten become the truth to predict; of scan lines one band of rows in three, because a hidden sample
/// would tell nothing beside its neighbours on the same line.
hyspn::data::sample hide_samples(hyspn::data::sample const& frame, std::uint64_t seed)
{
    constexpr index_t band_rows = 12;
    bool const lines = hyspn::guidance::sampling_anisotropy(frame.sparse) > hyspn::guidance::scan_line_anisotropy;
    hyspn::random_stream random(seed);
    index_t const first_band = random.below(3);
    hyspn::data::sample split{
        .rgb = frame.rgb, .depth = hyspn::tensor<float, 2>(frame.sparse.extents()), .sparse = frame.sparse};
    for (index_t i = 0; i < split.sparse.extent(0); ++i)
        for (index_t j = 0; j < split.sparse.extent(1); ++j) {
            if (!(split.sparse(i, j) > 0)) continue;
            if (lines ? (i / band_rows + first_band) % 3 != 1 : random.uniform() >= 0.3) continue;
            std::swap(split.depth(i, j), split.sparse(i, j));
        }
    return split;
}

}  // namespace

void adapt(exec_policy const& exec, network& net, task const& t, hyspn::data::sample const& frame,
           adaptation_options const& o, progress_function const& progress)
{
    auto const known = hide_samples(frame, o.seed);
    std::vector<example> only;
    only.push_back(t.from_sample(exec, known, "adaptation"));
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
