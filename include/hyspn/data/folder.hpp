// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hyspn/data/sample.hpp>
#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>

/// \file
/// Samples in folders: which files belong together, and reading them. Pictures and maps are PNG: data sets that come
/// with JPEG pictures (ScanNet, Virtual KITTI) are converted first. Listers for published data sets: data/datasets.hpp.

namespace hyspn::data {

/// What is done where a picture and its depth map differ in size, by the nearest pixel.
enum class resizing { none, depth_to_rgb, rgb_to_depth };

/// The files of one sample. Empty paths are maps that there are not.
struct frame_files {
    std::filesystem::path rgb{}, depth{}, sparse{}, labels{};
    double depth_scale = 256;                                       ///< value of a metre in depth
    double sparse_scale = 256;                                      ///< value of a metre in sparse
    double nothing_from = std::numeric_limits<double>::infinity();  ///< depths from here on, in metres, mean none
    resizing resize = resizing::none;
};

namespace detail {

namespace fs = std::filesystem;

inline void require_folder(char const* function, fs::path const& folder)
{
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
        throw io_error(std::string(function) + ": " + folder.string() + " must be a folder, got " +
                       (fs::exists(folder, ignored) ? "a file" : "nothing"));
}

inline void require_frames(char const* function, fs::path const& folder, std::string const& wanted,
                           std::vector<frame_files> const& found)
{
    if (found.empty())
        throw io_error(std::string(function) + ": " + folder.string() + " must hold " + wanted + ", got none");
}

/// Folders in a folder, or files with the ending, in the order of their names; numbers as numbers, so 2 before 10.
inline std::vector<fs::path> sorted_entries(fs::path const& folder, std::string const& ending)
{
    std::vector<fs::path> found;
    for (auto const& entry : fs::directory_iterator(folder)) {
        bool const wanted = ending.empty() ? entry.is_directory() : entry.path().extension() == ending;
        if (wanted) found.push_back(entry.path());
    }
    auto const key = [](fs::path const& p) {
        auto const name = p.stem().string();
        bool const number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
        return std::pair(number ? name.size() : 0, name);
    };
    std::sort(found.begin(), found.end(), [&](auto const& a, auto const& b) {
        auto const x = key(a), y = key(b);
        return x < y || (x == y && a < b);
    });
    return found;
}

/// The file, or nothing where it does not exist.
inline fs::path if_there(fs::path const& file)
{
    std::error_code ignored;
    return fs::exists(file, ignored) ? file : fs::path();
}

/// The map at another size, each pixel that of the nearest middle.
template <class T, std::size_t Rank>
tensor<T, Rank> nearest(tensor<T, Rank> const& from, index_t height, index_t width)
{
    auto extents = from.extents();
    extents[Rank - 2] = height;
    extents[Rank - 1] = width;
    tensor<T, Rank> to(extents);
    auto const source = [](index_t i, index_t n, index_t of) { return (2 * i + 1) * of / (2 * n); };
    index_t const planes = height * width > 0 ? to.size() / (height * width) : 0;
    index_t const old_height = from.extent(Rank - 2), old_width = from.extent(Rank - 1);
    for (index_t c = 0; c < planes; ++c)
        for (index_t i = 0; i < height; ++i)
            for (index_t j = 0; j < width; ++j) {
                index_t const y = source(i, height, old_height), x = source(j, width, old_width);
                to.data()[(c * height + i) * width + j] = from.data()[(c * old_height + y) * old_width + x];
            }
    return to;
}

inline tensor<float, 2> load_depth(fs::path const& file, double scale, double nothing_from)
{
    auto depth = io::read_depth_png(file, scale);
    for (float& z : depth)
        if (static_cast<double>(z) >= nothing_from) z = 0;
    return depth;
}

template <class T, std::size_t Rank>
void require_size(char const* function, fs::path const& file, fs::path const& like, tensor<T, Rank> const& map,
                  dims<2> const& size)
{
    dims<2> const got{map.extent(Rank - 2), map.extent(Rank - 1)};
    if (map.size() == 0 || size == dims<2>{} || got == size) return;
    throw io_error(std::string(function) + ": " + file.string() + " must have the size of " + like.string() + ", " +
                   to_string(size) + ", got " + to_string(got));
}

/// Brings the maps to one size as `resize` says.
inline void resize(sample& s, resizing how)
{
    if (how == resizing::none || s.rgb.size() == 0 || s.depth.size() == 0) return;
    index_t const height = how == resizing::depth_to_rgb ? s.rgb.extent(1) : s.depth.extent(0);
    index_t const width = how == resizing::depth_to_rgb ? s.rgb.extent(2) : s.depth.extent(1);
    for_each_map(s, [&](auto& map) { map = nearest(map, height, width); });
}

}  // namespace detail

/// Reads the files of a sample. Throws io_error, which names the file: missing, no PNG, of another kind or another size
/// than the picture; value_error for scales that are not positive.
inline sample load(frame_files const& files)
{
    for (double const scale : {files.depth_scale, files.sparse_scale})
        hyspn::detail::require_value(scale > 0, "data::load", "scale", "positive", scale);
    sample s;
    if (!files.rgb.empty()) s.rgb = io::read_rgb_png(files.rgb);
    if (!files.depth.empty()) s.depth = detail::load_depth(files.depth, files.depth_scale, files.nothing_from);
    if (!files.sparse.empty()) s.sparse = detail::load_depth(files.sparse, files.sparse_scale, files.nothing_from);
    if (!files.labels.empty()) s.labels = cast<std::int32_t>(io::read_label_png(files.labels));
    detail::resize(s, files.resize);
    bool const picture = s.rgb.size() > 0;
    auto const& like = picture ? files.rgb : files.depth;
    dims<2> const size = picture ? dims<2>{s.rgb.extent(1), s.rgb.extent(2)} : s.depth.extents();
    detail::require_size("data::load", files.depth, like, s.depth, size);
    detail::require_size("data::load", files.sparse, like, s.sparse, size);
    detail::require_size("data::load", files.labels, like, s.labels, size);
    return s;
}

/// One folder of the plain format: rgb.png, and as far as they are there depth.png, sparse.png (else samples500.png)
/// and labels.png. Depths are metres * 256. Throws io_error unless there is an rgb.png.
inline frame_files plain_files(std::filesystem::path const& folder)
{
    detail::require_folder("plain_files", folder);
    if (detail::if_there(folder / "rgb.png").empty())
        throw io_error("plain_files: " + folder.string() + " must hold rgb.png, got none");
    auto const sparse = detail::if_there(folder / "sparse.png");
    return {.rgb = folder / "rgb.png",
            .depth = detail::if_there(folder / "depth.png"),
            .sparse = sparse.empty() ? detail::if_there(folder / "samples500.png") : sparse,
            .labels = detail::if_there(folder / "labels.png")};
}

/// Every folder in `root` that holds an rgb.png, by name. Throws io_error when there is none.
inline std::vector<frame_files> list_plain(std::filesystem::path const& root)
{
    detail::require_folder("list_plain", root);
    std::vector<frame_files> frames;
    for (auto const& folder : detail::sorted_entries(root, ""))
        if (!detail::if_there(folder / "rgb.png").empty()) frames.push_back(plain_files(folder));
    detail::require_frames("list_plain", root, "folders with rgb.png", frames);
    return frames;
}

/// Writes a sample as a folder of the plain format, which is made if need be; maps without elements are left out.
/// Throws io_error, value_error for labels outside 0 ... 255.
inline void save_plain(std::filesystem::path const& folder, sample const& s)
{
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) throw io_error("save_plain: cannot make " + folder.string() + ": " + failed.message());
    if (s.rgb.size() > 0) io::write_rgb_png(folder / "rgb.png", s.rgb);
    if (s.depth.size() > 0) io::write_depth_png(folder / "depth.png", s.depth);
    if (s.sparse.size() > 0) io::write_depth_png(folder / "sparse.png", s.sparse);
    if (s.labels.size() > 0) io::write_label_png(folder / "labels.png", s.labels);
}

}  // namespace hyspn::data
