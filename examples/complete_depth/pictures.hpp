// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../drawing/canvas.hpp"
#include "completion.hpp"

/// Pictures of results.

namespace complete_depth {

using drawing::picture;

/// The completed depth in the size of the image, near bright, far dark, with a scale in metres in a corner.
picture draw_depth(problem const& p, completion const& c);

/// |depth − truth| in the size of the image, with a scale in metres; grey where the truth is unknown. Sparse truth is
/// drawn as blobs.
picture draw_error(problem const& p, completion const& c);

}  // namespace complete_depth
