"""What is wrong with the map file of a district, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

MAPS: Final[Mapping[str, Text]] = {
    "map_file.unreadable": Text("the map cannot be read: {why}", "无法读取地图：{why}"),
    "map_file.large": Text(
        "the map has more than {most} MB; simplify its lines", "地图超过 {most} MB，请简化线条"
    ),
    "map_file.collection": Text(
        "the map is no GeoJSON FeatureCollection: {why}",
        "地图不是 GeoJSON FeatureCollection：{why}",
    ),
    "map_file.many_features": Text(
        "the map has more than {most} features", "地图的要素超过 {most} 个"
    ),
    "map_file.many_positions": Text(
        "with it the map has more than {most} positions; simplify its lines",
        "地图的坐标点至此超过 {most} 个，请简化线条",
    ),
    "map_file.feature": Text(
        "feature {number} ({name}): {why}", "第 {number} 个要素（{name}）：{why}"
    ),
    "map_file.geometry": Text(
        "it must be a Polygon, MultiPolygon, LineString or MultiLineString: {why}",
        "应为 Polygon、MultiPolygon、LineString 或 MultiLineString：{why}",
    ),
    "map_file.area": Text(
        "its area must be a text as 'Hangzhou / Xihu', or a list of its parts",
        "区域应为“杭州 / 西湖”形式的文本，或由各级名称组成的列表",
    ),
    "map_file.empty": Text("it has no coordinates", "没有坐标"),
    "map_file.ring": Text(
        "a ring needs at least {least} positions, the last of which is the first",
        "环至少需要 {least} 个坐标点，且首尾相同",
    ),
    "map_file.line": Text("a line needs at least two positions", "线至少需要两个坐标点"),
    "map_file.position": Text(
        "{found} is no position: longitude from -180 to 180, then latitude from -90 to 90",
        "{found} 不是坐标点：先经度（-180 至 180），后纬度（-90 至 90）",
    ),
}
