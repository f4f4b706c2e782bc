// The shape family: views, joining and splitting, rearranging, padding.
#pragma once

#include <ts2cpp/ops/arrangement.hpp>
#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/padding.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>
