// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "task.hpp"

#include <algorithm>
#include <thread>

#include <hyspn/data/augment.hpp>
#include <hyspn/data/loader.hpp>

namespace learning {
namespace {

/// Which example, where the crop lies, whether it is mirrored, and what becomes of its colours.
struct crop {
    example const& from;
    index_t top, left, height, width;
    bool mirrored;
    float brightness, contrast;
};

crop draw_crop(std::vector<example> const& examples, batch_options const& o, hyspn::random_stream& random)
{
    auto const& e = examples[static_cast<std::size_t>(random.below(static_cast<index_t>(examples.size())))];
    index_t const top = random.below(e.height() - o.height + 1), left = random.below(e.width() - o.width + 1);
    bool const mirrored = random.uniform() < 0.5;
    double const brightness = o.jitter * (random.uniform() - 0.5), contrast = 1 + o.jitter * (2 * random.uniform() - 1);
    return {e, top, left, o.height, o.width, mirrored, static_cast<float>(brightness), static_cast<float>(contrast)};
}

/// The crop of image 0 of `from` becomes image n of `to`; nothing for arrays without elements. Channels that `from`
/// lacks stay as they are.
template <class T, std::size_t Rank>
void cut(hyspn::tensor<T, Rank> const& from, crop const& c, index_t n, hyspn::tensor<T, Rank>& to)
{
    if (from.size() == 0) return;
    auto part = hyspn::data::detail::window(as_const(from)[0], c.top, c.left, c.height, c.width);
    if (c.mirrored) part = hyspn::data::detail::mirrored(part);
    auto const whole = as_view(to)[n];
    copy(part, hyspn::view<T, Rank - 1>(whole.data_handle(), part.extents(), whole.strides()));
}

/// Zeros for `images` crops of arrays like `like`.
template <class T, std::size_t Rank>
hyspn::tensor<T, Rank> room_for(hyspn::tensor<T, Rank> const& like, batch_options const& o)
{
    if (like.size() == 0) return {};
    auto extents = like.extents();
    extents[0] = o.images;
    extents[Rank - 2] = o.height;
    extents[Rank - 1] = o.width;
    return hyspn::tensor<T, Rank>(extents);
}

/// The logit of a class that an image lacks where another of its batch has more.
constexpr float absent_map = -10;

/// Channels 0 to 2 are colours less 0.5.
void change_colours(hyspn::view<float, 3> image, float brightness, float contrast)
{
    for (index_t c = 0; c < 3; ++c)
        for (index_t i = 0; i < image.extent(1); ++i)
            for (index_t j = 0; j < image.extent(2); ++j)
                image(c, i, j) = std::clamp(contrast * image(c, i, j) + brightness, -0.5F, 0.5F);
}

}  // namespace

inputs example::arrays() const
{
    inputs in{.image = as_const(image), .maps = as_const(maps)};
    if (mask.size() == 0) return in;
    in.measured = as_const(measured);
    in.mask = as_const(mask);
    return in;
}

std::unique_ptr<task> make_task(std::string const& name)
{
    if (name == "depth") return make_depth_task();
    if (name == "labels") return make_label_task();
    throw usage_error("task must be one of " + list_of(task_names) + ", got " + name);
}

std::vector<example> make_examples(task const& t, std::uint64_t seed, index_t count, index_t height, index_t width,
                                   int threads, progress_function const& progress)
{
    int const available = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    hyspn::data::prefetching_loader<example> loader(
        {.threads = threads > 0 ? threads : available, .seed = seed},
        [&](hyspn::random_stream random, index_t k) { return t.make_example(random.bits(), k, height, width); });
    std::vector<example> examples;
    for (index_t k = 0; k < count; ++k) {
        examples.push_back(loader.next());
        if (progress && !progress(static_cast<double>(k + 1) / static_cast<double>(count))) break;
    }
    return examples;
}

example cut_batch(std::vector<example> const& examples, batch_options const& o, hyspn::random_stream random)
{
    auto const& first = examples.at(0);
    if (first.height() < o.height || first.width() < o.width)
        throw usage_error("crops of " + std::to_string(o.width) + "x" + std::to_string(o.height) +
                          " do not fit in scenes of " + std::to_string(first.width()) + "x" +
                          std::to_string(first.height()));
    std::vector<crop> crops;
    for (index_t n = 0; n < o.images; ++n) crops.push_back(draw_crop(examples, o, random));
    example const& most = std::max_element(crops.begin(), crops.end(), [](crop const& a, crop const& b) {
                              return a.from.maps.extent(1) < b.from.maps.extent(1);
                          })->from;
    example batch{.image = room_for(first.image, o),
                  .maps = room_for(most.maps, o),
                  .measured = room_for(first.measured, o),
                  .mask = room_for(first.mask, o),
                  .target = room_for(first.target, o),
                  .labels = room_for(first.labels, o)};
    std::fill(batch.maps.begin(), batch.maps.end(), absent_map);
    for (index_t n = 0; n < o.images; ++n) {
        crop const& c = crops[static_cast<std::size_t>(n)];
        cut(c.from.image, c, n, batch.image);
        cut(c.from.maps, c, n, batch.maps);
        cut(c.from.measured, c, n, batch.measured);
        cut(c.from.mask, c, n, batch.mask);
        cut(c.from.target, c, n, batch.target);
        cut(c.from.labels, c, n, batch.labels);
        change_colours(as_view(batch.image)[n], c.brightness, c.contrast);
    }
    return batch;
}

}  // namespace learning
