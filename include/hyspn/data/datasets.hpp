// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <hyspn/data/folder.hpp>

/// \file
/// Where published data sets keep their files. Each lister gives the samples in a fixed order and throws io_error,
/// which names the folder and what should be in it, when it finds none. Nothing is read but names; TUM's lists apart.

namespace hyspn::data {

/// KITTI depth completion. `depth_root`: a folder of drives such as data_depth_annotated/train, each with
/// proj_depth/groundtruth/<camera>/NNNNNNNNNN.png and, here or in `sparse_root` (data_depth_velodyne/train),
/// proj_depth/velodyne_raw/<camera>/NNNNNNNNNN.png; metres * 256. Pictures: the raw recordings,
/// `rgb_root`/<date>/<drive>/<camera>/data/NNNNNNNNNN.png. Samples whose picture or scan is missing are left out.
inline std::vector<frame_files> list_kitti(std::filesystem::path const& depth_root,
                                           std::filesystem::path const& sparse_root,
                                           std::filesystem::path const& rgb_root,
                                           std::string const& camera = "image_02")
{
    for (auto const& root : {depth_root, sparse_root, rgb_root}) detail::require_folder("list_kitti", root);
    std::vector<frame_files> frames;
    for (auto const& drive : detail::sorted_entries(depth_root, "")) {
        auto const name = drive.filename().string(), date = name.substr(0, 10);  // 2011_09_26_drive_0001_sync
        auto const truth = drive / "proj_depth/groundtruth" / camera;
        if (!std::filesystem::is_directory(truth)) continue;
        for (auto const& depth : detail::sorted_entries(truth, ".png")) {
            auto const file = depth.filename();
            auto const sparse = sparse_root / name / "proj_depth/velodyne_raw" / camera / file;
            auto const rgb = rgb_root / date / name / camera / "data" / file;
            if (detail::if_there(sparse).empty() || detail::if_there(rgb).empty()) continue;
            frames.push_back({.rgb = rgb, .depth = depth, .sparse = sparse});
        }
    }
    detail::require_frames("list_kitti", depth_root,
                           "<drive>/proj_depth/groundtruth/" + camera + "/*.png with a scan and a picture", frames);
    return frames;
}

/// The selected frames of KITTI depth completion, depth_selection/val_selection_cropped: image/*_image_*.png,
/// velodyne_raw/*_velodyne_raw_*.png and groundtruth_depth/*_groundtruth_depth_*.png; metres * 256.
inline std::vector<frame_files> list_kitti_selection(std::filesystem::path const& root)
{
    detail::require_folder("list_kitti_selection", root / "groundtruth_depth");
    std::vector<frame_files> frames;
    std::string const word = "groundtruth_depth";
    for (auto const& depth : detail::sorted_entries(root / word, ".png")) {
        auto const name = depth.filename().string();
        auto const at = name.find(word);
        if (at == std::string::npos) continue;
        auto const with = [&](std::string const& other) {
            return root / other / (name.substr(0, at) + other + name.substr(at + word.size()));
        };
        frames.push_back({.rgb = with("image"), .depth = depth, .sparse = with("velodyne_raw")});
    }
    detail::require_frames("list_kitti_selection", root, "groundtruth_depth/*_groundtruth_depth_*.png", frames);
    return frames;
}

/// NYUv2 exported to PNG: rgb/NAME.png, depth/NAME.png (millimetres) and, if there is such a folder, labels/NAME.png.
/// Other exports have other units: set frame_files::depth_scale.
inline std::vector<frame_files> list_nyu(std::filesystem::path const& root, double scale = 1000)
{
    for (auto const* const part : {"rgb", "depth"}) detail::require_folder("list_nyu", root / part);
    std::vector<frame_files> frames;
    for (auto const& rgb : detail::sorted_entries(root / "rgb", ".png")) {
        auto const depth = detail::if_there(root / "depth" / rgb.filename());
        if (depth.empty()) continue;
        frames.push_back({.rgb = rgb,
                          .depth = depth,
                          .labels = detail::if_there(root / "labels" / rgb.filename()),
                          .depth_scale = scale});
    }
    detail::require_frames("list_nyu", root, "rgb/NAME.png with depth/NAME.png", frames);
    return frames;
}

/// One scene of ScanNet: color/N.png and depth/N.png (millimetres) of different sizes, in the order of N.
inline std::vector<frame_files> list_scannet(std::filesystem::path const& root,
                                             resizing resize = resizing::rgb_to_depth)
{
    for (auto const* const part : {"color", "depth"}) detail::require_folder("list_scannet", root / part);
    std::vector<frame_files> frames;
    for (auto const& depth : detail::sorted_entries(root / "depth", ".png")) {
        auto const rgb = detail::if_there(root / "color" / depth.filename());
        if (rgb.empty()) continue;
        frames.push_back({.rgb = rgb, .depth = depth, .depth_scale = 1000, .resize = resize});
    }
    detail::require_frames("list_scannet", root, "color/N.png (ScanNet's JPEG converted) with depth/N.png", frames);
    return frames;
}

namespace detail {

/// A line "time file" of TUM's lists.
struct timed_file {
    double time;
    fs::path file;
};

inline std::vector<timed_file> read_times(fs::path const& list)
{
    std::ifstream in(list);
    if (!in) throw io_error("list_tum: cannot open " + list.string());
    std::vector<timed_file> found;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos || line[0] == '#') continue;
        std::istringstream words(line);
        double time = 0;
        std::string name;
        if (!(words >> time >> name))
            throw io_error("list_tum: line " + std::to_string(number) + " of " + list.string() +
                           " must be \"time file\", got \"" + line + "\"");
        found.push_back({time, list.parent_path() / name});
    }
    return found;
}

/// Pairs (picture, depth map) nearer in time than `most`, nearest first, none used twice.
inline std::vector<std::pair<std::size_t, std::size_t>> associate(std::vector<timed_file> const& rgb,
                                                                  std::vector<timed_file> const& depth, double most)
{
    std::vector<std::tuple<double, std::size_t, std::size_t>> near;
    for (std::size_t a = 0; a < rgb.size(); ++a)
        for (std::size_t b = 0; b < depth.size(); ++b)
            if (double const apart = std::fabs(rgb[a].time - depth[b].time); apart <= most)
                near.emplace_back(apart, a, b);
    std::sort(near.begin(), near.end());
    std::vector<char> rgb_used(rgb.size()), depth_used(depth.size());
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (auto const& [apart, a, b] : near) {
        if (rgb_used[a] || depth_used[b]) continue;
        rgb_used[a] = depth_used[b] = 1;
        pairs.emplace_back(a, b);
    }
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

}  // namespace detail

/// One sequence of the TUM RGB-D benchmark: rgb.txt and depth.txt name files with times; pairs are nearest in time, at
/// most `most_apart` seconds, as the benchmark's associate.py makes them. Depth is metres * 5000. In the order of
/// rgb.txt. Throws io_error for a list that is missing or malformed.
inline std::vector<frame_files> list_tum(std::filesystem::path const& root, double most_apart = 0.02)
{
    auto const rgb = detail::read_times(root / "rgb.txt"), depth = detail::read_times(root / "depth.txt");
    std::vector<frame_files> frames;
    for (auto const& [a, b] : detail::associate(rgb, depth, most_apart))
        frames.push_back({.rgb = rgb[a].file, .depth = depth[b].file, .depth_scale = 5000});
    detail::require_frames(
        "list_tum", root, "pictures and depth maps at most " + hyspn::detail::to_text(most_apart) + " s apart", frames);
    return frames;
}

/// Virtual KITTI 2: <scene>/<variation>/frames/depth/Camera_N/depth_NNNNN.png (centimetres, 655.35 m = sky, which
/// becomes no measurement) with frames/rgb/Camera_N/rgb_NNNNN.png, the data set's JPEG converted. Pairs whose picture
/// is missing are left out.
inline std::vector<frame_files> list_virtual_kitti(std::filesystem::path const& root,
                                                   std::string const& camera = "Camera_0")
{
    detail::require_folder("list_virtual_kitti", root);
    std::vector<frame_files> frames;
    for (auto const& scene : detail::sorted_entries(root, ""))
        for (auto const& variation : detail::sorted_entries(scene, "")) {
            auto const maps = variation / "frames/depth" / camera;
            if (!std::filesystem::is_directory(maps)) continue;
            for (auto const& depth : detail::sorted_entries(maps, ".png")) {
                auto const name = depth.filename().string();
                if (!name.starts_with("depth_")) continue;
                auto const rgb = variation / "frames/rgb" / camera / ("rgb_" + name.substr(6));
                if (detail::if_there(rgb).empty()) continue;
                frames.push_back({.rgb = rgb, .depth = depth, .depth_scale = 100, .nothing_from = 655.345});
            }
        }
    detail::require_frames("list_virtual_kitti", root,
                           "<scene>/<variation>/frames/depth/" + camera + "/depth_*.png with frames/rgb", frames);
    return frames;
}

}  // namespace hyspn::data
