// torchvision's operators on boxes: which ones overlap, and by how much.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/kernels/operand.hpp>

namespace ts2cpp {
namespace detail::boxes {

using Vertex = std::array<double, 2>;
using Polygon = std::vector<Vertex>;

inline void check_doubles(const char* kernel, DType dtype) {
  if (dtype != DType::float32 && dtype != DType::float64) {
    raise_no_kernel(kernel, dtype);
  }
}

template <class T>
Tensor kept(const Tensor& dets, const Tensor& scores, double threshold) {
  const std::int64_t count = dets.size(0);
  const T* const box = dets.data_ptr<T>();
  const T* const score = scores.data_ptr<T>();
  const auto area = [box](std::int64_t i) { return (box[4 * i + 2] - box[4 * i]) * (box[4 * i + 3] - box[4 * i + 1]); };
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [score](std::int64_t a, std::int64_t b) {
    return score[a] > score[b] || (std::isnan(score[a]) && !std::isnan(score[b]));
  });
  std::vector<bool> dropped(static_cast<std::size_t>(count));
  std::vector<std::int64_t> result;
  for (std::size_t at = 0; at < order.size(); ++at) {
    const std::int64_t i = order[at];
    if (dropped[at]) {
      continue;
    }
    result.push_back(i);
    for (std::size_t next = at + 1; next < order.size(); ++next) {
      const std::int64_t j = order[next];
      if (dropped[next]) {
        continue;
      }
      const auto side = [&](std::int64_t axis) {
        return std::max(T(0), std::min(box[4 * i + axis + 2], box[4 * j + axis + 2]) -
                                  std::max(box[4 * i + axis], box[4 * j + axis]));
      };
      const T common = side(0) * side(1);
      const T overlap = common / (area(i) + area(j) - common);
      dropped[next] = static_cast<double>(overlap) > threshold;
    }
  }
  return Tensor::from_data(result, {static_cast<std::int64_t>(result.size())});
}

/// The corners of a box (x, y, width, height, angle in degrees), in order; y runs downwards.
inline Polygon corners(const std::array<double, 5>& box) {
  constexpr double kDegree = 3.14159265358979323846 / 180;
  const double cos = std::cos(box[4] * kDegree) / 2;
  const double sin = std::sin(box[4] * kDegree) / 2;
  const Vertex first{box[0] + sin * box[3] + cos * box[2], box[1] + cos * box[3] - sin * box[2]};
  const Vertex second{box[0] - sin * box[3] + cos * box[2], box[1] - cos * box[3] - sin * box[2]};
  return {
      first, second, {2 * box[0] - first[0], 2 * box[1] - first[1]}, {2 * box[0] - second[0], 2 * box[1] - second[1]}};
}

/// Twice the area of a polygon, negative if it runs the other way round.
inline double twice_area(const Polygon& polygon) {
  double total = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Vertex& a = polygon[i];
    const Vertex& b = polygon[(i + 1) % polygon.size()];
    total += a[0] * b[1] - a[1] * b[0];
  }
  return total;
}

/// What of `polygon` lies inside the convex `other`: edge by edge (Sutherland and Hodgman, 1974).
inline Polygon clipped(Polygon polygon, const Polygon& other) {
  for (std::size_t edge = 0; edge < other.size() && !polygon.empty(); ++edge) {
    const Vertex& a = other[edge];
    const Vertex& b = other[(edge + 1) % other.size()];
    const auto side = [&a, &b](const Vertex& p) {
      return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
    };
    Polygon found;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const Vertex& q = polygon[i == 0 ? polygon.size() - 1 : i - 1];
      const Vertex& p = polygon[i];
      const double before = side(q);
      const double here = side(p);
      if ((before < 0) != (here < 0)) {
        const double t = before / (before - here);
        found.push_back({q[0] + t * (p[0] - q[0]), q[1] + t * (p[1] - q[1])});
      }
      if (here >= 0) {
        found.push_back(p);
      }
    }
    polygon = found;
  }
  return polygon;
}

/// The common area of two rotated boxes over what both cover.
inline double overlap(std::array<double, 5> one, std::array<double, 5> two) {
  const double first = one[2] * one[3];
  const double second = two[2] * two[3];
  if (!(first >= 1e-14 && second >= 1e-14)) {
    return 0;
  }
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::all_of(one.begin(), one.end(), finite) || !std::all_of(two.begin(), two.end(), finite)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  for (std::size_t axis = 0; axis < 2; ++axis) {  // near the origin less is lost
    const double middle = (one[axis] + two[axis]) / 2;
    one[axis] -= middle;
    two[axis] -= middle;
  }
  Polygon a = corners(one);
  Polygon b = corners(two);
  for (Polygon* const polygon : {&a, &b}) {
    if (twice_area(*polygon) < 0) {
      std::reverse(polygon->begin(), polygon->end());
    }
  }
  const double common = std::abs(twice_area(clipped(a, b))) / 2;
  return common / (first + second - common);
}

}  // namespace detail::boxes

namespace ops {

/// Which boxes (x1, y1, x2, y2) are left, best score first, once those that overlap a better one are dropped.
inline Tensor nms(const Tensor& dets, const Tensor& scores, double iou_threshold) {
  if (dets.dim() != 2) {
    raise("RuntimeError", {"boxes should be a 2d tensor, got ", dets.dim(), "D"});
  }
  if (dets.size(1) != 4) {
    raise("RuntimeError", {"boxes should have 4 elements in dimension 1, got ", dets.size(1)});
  }
  if (scores.dim() != 1) {
    raise("RuntimeError", {"scores should be a 1d tensor, got ", scores.dim(), "D"});
  }
  if (dets.size(0) != scores.size(0)) {
    raise("RuntimeError", {"boxes and scores should have same number of elements in dimension 0, got ", dets.size(0),
                           " and ", scores.size(0)});
  }
  if (dets.dtype() != scores.dtype()) {
    raise("RuntimeError", "dets should have the same type as scores");
  }
  detail::boxes::check_doubles("nms_kernel", dets.dtype());
  const Tensor boxes = kernels::dense(dets);
  const Tensor values = kernels::dense(scores);
  return dets.dtype() == DType::float64 ? detail::boxes::kept<double>(boxes, values, iou_threshold)
                                        : detail::boxes::kept<float>(boxes, values, iou_threshold);
}

/// The overlaps (N, M) of boxes (x, y, width, height, angle in degrees).
inline Tensor box_iou_rotated(const Tensor& boxes1, const Tensor& boxes2) {
  const auto check = [](const std::string& name, const char* count, const Tensor& boxes) {
    if (boxes.dim() != 2 || boxes.size(1) != 5) {
      raise("RuntimeError", {name, " should have shape (", count, ", 5), got ", boxes.sizes()});
    }
  };
  check("boxes1", "N", boxes1);
  check("boxes2", "M", boxes2);
  if (boxes1.dtype() != boxes2.dtype()) {
    raise("RuntimeError", "boxes1 and boxes2 must have the same dtype");
  }
  detail::boxes::check_doubles("box_iou_rotated_cpu", boxes1.dtype());
  const Tensor first = kernels::dense_as(boxes1, DType::float64);
  const Tensor second = kernels::dense_as(boxes2, DType::float64);
  const Tensor result = Tensor::empty({boxes1.size(0), boxes2.size(0)}, DType::float32);
  const auto box = [](const Tensor& boxes, std::int64_t i) {
    std::array<double, 5> values{};
    std::copy_n(boxes.data_ptr<double>() + 5 * i, 5, values.begin());
    return values;
  };
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    result.data_ptr<float>()[i] =
        static_cast<float>(detail::boxes::overlap(box(first, i / boxes2.size(0)), box(second, i % boxes2.size(0))));
  }
  return result;
}

}  // namespace ops
}  // namespace ts2cpp
