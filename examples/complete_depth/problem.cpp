// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include <string>

#include <hyspn/guidance/samples.hpp>
#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>

namespace complete_depth {
namespace {

std::string size_text(index_t height, index_t width)
{
    return std::to_string(width) + " x " + std::to_string(height);
}

hyspn::tensor<float, 2> read_depth_of(hyspn::tensor<float, 3> const& rgb, std::filesystem::path const& path)
{
    auto depth = hyspn::io::read_depth_png(path);
    if (depth.extent(0) != rgb.extent(1) || depth.extent(1) != rgb.extent(2))
        throw usage_error(path.string() + " must have the size of the image, " +
                          size_text(rgb.extent(1), rgb.extent(2)) + ", got " +
                          size_text(depth.extent(0), depth.extent(1)));
    return depth;
}

void require_samples(problem const& p, std::filesystem::path const& source)
{
    for (float z : p.sparse)
        if (z > 0) return;
    throw usage_error(source.string() + " holds no measurements");
}

}  // namespace

problem load_problem(arguments const& a)
{
    if (a.rgb.empty()) {
        scene s = make_synthetic_scene(a.height, a.width, a.seed);
        auto sparse = hyspn::guidance::draw_samples(s.depth, a.samples, a.seed);
        return {std::move(s.rgb), std::move(sparse), std::move(s.depth)};
    }
    problem p;
    p.rgb = hyspn::io::read_rgb_png(a.rgb);
    if (!a.truth.empty()) p.truth = read_depth_of(p.rgb, a.truth);
    p.sparse =
        a.sparse.empty() ? hyspn::guidance::draw_samples(p.truth, a.samples, a.seed) : read_depth_of(p.rgb, a.sparse);
    require_samples(p, a.sparse.empty() ? a.truth : a.sparse);
    return p;
}

}  // namespace complete_depth
