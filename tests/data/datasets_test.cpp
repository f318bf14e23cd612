// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include <hyspn/data/datasets.hpp>

#include "io/files.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::data;
using testing::scratch_folder;
using testing::thrown;

namespace {

namespace fs = std::filesystem;

void write_picture(fs::path const& file, index_t height = 2, index_t width = 3)
{
    fs::create_directories(file.parent_path());
    tensor<float, 3> rgb(3, height, width);
    std::fill(rgb.begin(), rgb.end(), 0.2F);
    io::write_rgb_png(file, rgb);
}

/// A map whose first pixel has this value in the file, the others 512.
void write_raw_depth(fs::path const& file, float value, index_t height = 2, index_t width = 3)
{
    fs::create_directories(file.parent_path());
    tensor<float, 2> depth(height, width);
    std::fill(depth.begin(), depth.end(), 2.0F);
    depth(0, 0) = value / 256;
    io::write_depth_png(file, depth);
}

}  // namespace

TEST_CASE("list_kitti: drives, frames with a scan and a picture, metres * 256")
{
    scratch_folder const root;
    auto const frame = [&](std::string const& drive, std::string const& number, bool rgb) {
        write_raw_depth(root / "truth" / drive / "proj_depth/groundtruth/image_02" / (number + ".png"), 2560);
        write_raw_depth(root / "scan" / drive / "proj_depth/velodyne_raw/image_02" / (number + ".png"), 1280);
        if (rgb) write_picture(root / "raw" / drive.substr(0, 10) / drive / "image_02/data" / (number + ".png"));
    };
    frame("2011_09_26_drive_0002_sync", "0000000012", true);
    frame("2011_09_26_drive_0002_sync", "0000000005", true);
    frame("2011_09_26_drive_0001_sync", "0000000007", true);
    frame("2011_09_26_drive_0001_sync", "0000000008", false);
    auto const frames = list_kitti(root / "truth", root / "scan", root / "raw");
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].depth.filename() == "0000000007.png");
    CHECK(frames[1].depth.filename() == "0000000005.png");
    CHECK(frames[2].rgb == root / "raw/2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000012.png");
    auto const s = load(frames[0]);
    CHECK(s.depth(0, 0) == 10);
    CHECK(s.sparse(0, 0) == 5);
    CHECK(s.rgb.extents() == dims<3>{3, 2, 3});
    CHECK(thrown<io_error>([&] { list_kitti(root / "truth", root / "scan", root / "raw", "image_03"); }) ==
          "list_kitti: " + (root / "truth").string() +
              " must hold <drive>/proj_depth/groundtruth/image_03/*.png with a scan and a picture, got none");
    CHECK_THAT(thrown<io_error>([&] { list_kitti(root / "truth", root / "nowhere", root / "raw"); }),
               Catch::Contains("nowhere must be a folder, got nothing"));
}

TEST_CASE("list_kitti_selection: three folders of one naming")
{
    scratch_folder const root;
    std::string const drive = "2011_09_26_drive_0002_sync_", rest = "_0000000005_image_02.png";
    write_raw_depth(root / "groundtruth_depth" / (drive + "groundtruth_depth" + rest), 256);
    write_raw_depth(root / "velodyne_raw" / (drive + "velodyne_raw" + rest), 512);
    write_picture(root / "image" / (drive + "image" + rest));
    auto const frames = list_kitti_selection(root.path());
    REQUIRE(frames.size() == 1);
    auto const s = load(frames[0]);
    CHECK(s.depth(0, 0) == 1);
    CHECK(s.sparse(0, 0) == 2);
    fs::remove_all(root / "groundtruth_depth");
    fs::create_directory(root / "groundtruth_depth");
    CHECK_THAT(thrown<io_error>([&] { list_kitti_selection(root.path()); }), Catch::Contains("got none"));
}

TEST_CASE("list_nyu: millimetres, or any scale")
{
    scratch_folder const root;
    for (auto const* name : {"2.png", "10.png"}) {
        write_picture(root / "rgb" / name);
        write_raw_depth(root / "depth" / name, 1500);
    }
    write_picture(root / "rgb/11.png");  // without depth
    fs::create_directory(root / "labels");
    tensor<std::int32_t, 2> labels(2, 3);
    labels(1, 1) = 4;
    io::write_label_png(root / "labels/10.png", labels);
    auto const frames = list_nyu(root.path());
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].rgb.filename() == "2.png");
    CHECK(frames[0].labels.empty());
    CHECK(load(frames[1]).labels(1, 1) == 4);
    CHECK(load(frames[1]).depth(0, 0) == 1.5F);
    CHECK(load(list_nyu(root.path(), 5000)[0]).depth(0, 0) == 0.3F);
    CHECK_THAT(thrown<io_error>([&] { list_nyu(root / "rgb"); }), Catch::Contains("rgb/rgb must be a folder"));
}

TEST_CASE("list_scannet: numbers in order, sizes brought together")
{
    scratch_folder const root;
    for (auto const* name : {"0.png", "100.png", "20.png"}) {
        write_picture(root / "color" / name, 4, 6);
        write_raw_depth(root / "depth" / name, 3000);
    }
    auto const frames = list_scannet(root.path());
    REQUIRE(frames.size() == 3);
    CHECK(frames[1].rgb.filename() == "20.png");
    CHECK(load(frames[0]).rgb.extents() == dims<3>{3, 2, 3});
    CHECK(load(frames[0]).depth(0, 0) == 3);
    CHECK(load(list_scannet(root.path(), resizing::depth_to_rgb)[0]).depth.extents() == dims<2>{4, 6});
    fs::remove_all(root / "color");
    fs::create_directory(root / "color");
    testing::write_bytes(root / "color/0.jpg", "jpeg");
    CHECK_THAT(thrown<io_error>([&] { list_scannet(root.path()); }),
               Catch::Contains("color/N.png (ScanNet's JPEG converted)"));
}

TEST_CASE("list_tum: nearest in time within 0.02 s, each file once")
{
    scratch_folder const root;
    testing::write_bytes(root / "rgb.txt",
                         "# color images\n# timestamp filename\n1305.000 rgb/a.png\n1305.033 rgb/b.png\n"
                         "1305.066 rgb/c.png\n\n1306.000 rgb/d.png\r\n1307.000 rgb/e.png\n1307.012 rgb/f.png\n");
    testing::write_bytes(root / "depth.txt",
                         "# depth maps\n1304.990 depth/1.png\n1305.030 depth/2.png\n1305.048 depth/3.png\n"
                         "1305.900 depth/4.png\n1306.019 depth/5.png\n1307.015 depth/6.png\n");
    auto const frames = list_tum(root.path());
    REQUIRE(frames.size() == 5);
    // f is nearer to 6 than e, which stays alone. b is nearer to 2 (0.003 s) than to 3 (0.015 s), c takes 3 (0.018 s).
    for (auto const& [frame, names] : {std::pair{0, "a1"}, {1, "b2"}, {2, "c3"}, {3, "d5"}, {4, "f6"}}) {
        auto const& f = frames[static_cast<std::size_t>(frame)];
        CHECK(f.rgb.stem().string() + f.depth.stem().string() == names);
    }
    CHECK(list_tum(root.path(), 0.004).size() == 2);
    write_picture(root / "rgb/a.png");
    write_raw_depth(root / "depth/1.png", 7500);
    CHECK(load(frames[0]).depth(0, 0) == 1.5F);
}

TEST_CASE("list_tum: errors name the list and the line")
{
    scratch_folder const root;
    testing::write_bytes(root / "rgb.txt", "1305.0 rgb/a.png\n");
    CHECK(thrown<io_error>([&] { list_tum(root.path()); }) == "list_tum: cannot open " + (root / "depth.txt").string());
    testing::write_bytes(root / "depth.txt", "# x\n1305.0\n");
    CHECK(thrown<io_error>([&] { list_tum(root.path()); }) ==
          "list_tum: line 2 of " + (root / "depth.txt").string() + " must be \"time file\", got \"1305.0\"");
    testing::write_bytes(root / "depth.txt", "1307.0 depth/a.png\n");
    CHECK_THAT(thrown<io_error>([&] { list_tum(root.path()); }), Catch::Contains("at most 0.02 s apart, got none"));
}

TEST_CASE("list_virtual_kitti: centimetres, and the sky is no measurement")
{
    scratch_folder const root;
    for (auto const* variation : {"Scene01/clone", "Scene01/fog", "Scene02/clone"})
        for (auto const* number : {"00000", "00001"}) {
            auto const frames = (root / variation).string() + "/frames/";
            write_picture(frames + "rgb/Camera_0/rgb_" + number + ".png");
            write_raw_depth(frames + "depth/Camera_0/depth_" + number + ".png", 65535);
        }
    auto const frames = list_virtual_kitti(root.path());
    REQUIRE(frames.size() == 6);
    CHECK(frames[2].rgb == root / "Scene01/fog/frames/rgb/Camera_0/rgb_00000.png");
    auto const s = load(frames[0]);
    CHECK(s.depth(0, 0) == 0);
    CHECK(s.depth(0, 1) == 5.12F);
    CHECK_THAT(thrown<io_error>([&] { list_virtual_kitti(root.path(), "Camera_1"); }), Catch::Contains("Camera_1"));
}
