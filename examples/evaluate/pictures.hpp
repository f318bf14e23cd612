// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../drawing/canvas.hpp"
#include "../learning/task.hpp"

namespace evaluate {

/// A frame, the map before and the network's, the truth, and the errors of both. Depths and their errors have one scale
/// each; of errors also those near depth edges alone. Wrong labels are red.
drawing::picture draw_result(learning::example const& e, hyspn::tensor<float, 4> const& before,
                             hyspn::tensor<float, 4> const& after);

/// What the network's affinity made of the frame.
drawing::picture draw_inside(learning::example const& e, learning::inside const& seen);

}  // namespace evaluate
