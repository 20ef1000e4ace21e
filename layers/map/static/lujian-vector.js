/* A base map of vector tiles, drawn in the colours of our own maps by protomaps-leaflet, which is in
   the same bundle. Tiles come from this host; letters are those of the device: no fonts or signs are
   fetched. Drawn are the layers of Protomaps' scheme and those of OpenMapTiles. */
(function () {
  "use strict";
  var P = window.protomapsL;
  if (!P || !window.L || !L.lujian || L.lujian.vectorTiles) return;

  var DAY = {
    ground: "#f7f5ee", green: "#d5ebcf", built: "#efebe0", water: "#b3daf2", building: "#e6dfd1", wall: "#d5cdbb", rail: "#8d8d8d",
    border: "#a89878", path: "#d9cfb8", text: "#4a463d", quiet: "#7a7465", waterText: "#2f6f97", halo: "#fffdf7",
    roads: [["#ffffff", "#d8d2c2"], ["#fff3c4", "#cdbd86"], ["#f6c27a", "#c57a1e"]]
  };
  var NIGHT = {
    ground: "#20282c", green: "#26402b", built: "#252d30", water: "#24475c", building: "#2c353a", wall: "#3a444a", rail: "#6f787c",
    border: "#7d776a", path: "#3a3f3f", text: "#d8d4c8", quiet: "#a8a498", waterText: "#8fc4e6", halo: "#1a2125",
    roads: [["#3a4246", "#2b3235"], ["#5c5740", "#3b382a"], ["#8a6230", "#5f3f14"]]
  };
  var GREEN = words("park national_park nature_reserve protected_area forest wood grass grassland cemetery golf_course village_green allotments playground recreation_ground garden scrub farmland meadow");
  var BUILT = words("residential commercial industrial retail school university college hospital military railway aerodrome");
  //: How wide roads are and when they come, by what they are called in either scheme.
  var ROADS = [
    { kinds: words("minor_road other minor service tertiary medium_road street"), from: 13, widths: [[13, 0.6], [15, 2.5], [18, 11]], look: 0 },
    { kinds: words("major_road primary secondary trunk"), from: 10, widths: [[10, 0.8], [13, 2.6], [15, 5], [18, 16]], look: 1 },
    { kinds: words("highway motorway"), from: 6, widths: [[6, 0.7], [10, 1.6], [13, 4], [18, 18]], look: 2 }
  ];
  //: What is named, from which zoom on; in the order in which names get their place.
  var PLACES = [
    { kinds: words("locality city town"), from: 4, font: "600 15px sans-serif" },
    { kinds: words("neighbourhood suburb quarter macrohood village hamlet"), from: 12, font: "500 13px sans-serif" }
  ];

  function words(text) {
    var found = {};
    text.split(" ").forEach(function (word) { found[word] = true; });
    return found;
  }
  /* What a feature is: Protomaps says ``kind``, OpenMapTiles ``class``. */
  function kindOf(feature) { return String(feature.props.kind || feature.props["class"] || ""); }
  function among(kinds) { return function (_zoom, feature) { return !!kinds[kindOf(feature)]; }; }
  function widths(stops, more) {
    var grows = P.exp(1.5, stops);
    return function (zoom) { return grows(zoom) + more; };
  }

  function areas(c) {
    return [
      ["earth", c.ground], ["landcover", c.green, GREEN], ["landuse", c.built, BUILT], ["landuse", c.green, GREEN], ["park", c.green], ["water", c.water]
    ].map(function (one) {
      var rule = { dataLayer: one[0], symbolizer: new P.PolygonSymbolizer({ fill: one[1] }) }, kinds = one[2];
      rule.filter = function (_zoom, feature) { return feature.geomType === P.GeomType.Polygon && (!kinds || !!kinds[kindOf(feature)]); };
      return rule;
    });
  }
  function waterways(c) {
    function isLine(_zoom, feature) { return feature.geomType === P.GeomType.Line; }
    return ["water", "waterway", "physical_line"].map(function (name) {
      return { dataLayer: name, minzoom: 9, filter: isLine, symbolizer: new P.LineSymbolizer({ color: c.water, width: widths([[9, 0.6], [14, 2], [18, 6]], 0) }) };
    });
  }
  function buildings(c) {
    return ["buildings", "building"].map(function (name) {
      return { dataLayer: name, minzoom: 14, symbolizer: new P.PolygonSymbolizer({ fill: c.building, stroke: c.wall, width: 0.6 }) };
    });
  }
  function roads(c) {
    var found = [];
    [1, 0].forEach(function (isCasing) {
      ROADS.forEach(function (road) {
        ["roads", "transportation"].forEach(function (name) {
          found.push({ dataLayer: name, minzoom: road.from, filter: among(road.kinds), symbolizer: new P.LineSymbolizer({ color: c.roads[road.look][isCasing], width: widths(road.widths, isCasing ? 1.4 : 0), lineCap: isCasing ? "butt" : "round" }) });
        });
      });
    });
    return found;
  }
  function thin(c) {
    var found = [];
    ["roads", "transportation"].forEach(function (name) {
      found.push({ dataLayer: name, minzoom: 15, filter: among(words("path track pedestrian")), symbolizer: new P.LineSymbolizer({ color: c.path, width: 1.2, dash: [3, 2] }) });
      found.push({ dataLayer: name, minzoom: 10, filter: among(words("rail transit subway")), symbolizer: new P.LineSymbolizer({ color: c.rail, width: 1.2, dash: [6, 3] }) });
    });
    ["boundaries", "boundary"].forEach(function (name) {
      found.push({ dataLayer: name, symbolizer: new P.LineSymbolizer({ color: c.border, width: 0.8, dash: [4, 3] }) });
    });
    return found;
  }

  function lineName(c, layer, kinds, from, names) {
    return { dataLayer: layer, minzoom: from, filter: among(kinds), symbolizer: new P.LineLabelSymbolizer({ labelProps: names, fill: c.quiet, stroke: c.halo, width: 2, font: "400 12px sans-serif" }) };
  }
  function placeName(c, layer, place, names) {
    return { dataLayer: layer, minzoom: place.from, filter: among(place.kinds), symbolizer: new P.CenteredTextSymbolizer({ labelProps: names, fill: c.text, stroke: c.halo, width: 2, lineHeight: 1.3, font: place.font }) };
  }
  function labels(c, names) {
    var found = [];
    ["places", "place"].forEach(function (layer) { PLACES.forEach(function (place) { found.push(placeName(c, layer, place, names)); }); });
    ["water", "water_name"].forEach(function (layer) {
      found.push({ dataLayer: layer, minzoom: 12, filter: function (_zoom, feature) { return feature.geomType === P.GeomType.Point; }, symbolizer: new P.CenteredTextSymbolizer({ labelProps: names, fill: c.waterText, stroke: c.halo, width: 1.5, font: "italic 400 12px sans-serif" }) });
    });
    ["roads", "transportation_name"].forEach(function (layer) {
      found.push(lineName(c, layer, ROADS[2].kinds, 11, names), lineName(c, layer, ROADS[1].kinds, 13, names), lineName(c, layer, ROADS[0].kinds, 16, names));
    });
    return found;
  }

  L.lujian.vectorTiles = function (o) {
    var night = window.matchMedia && window.matchMedia("(prefers-color-scheme: dark)").matches, c = night ? NIGHT : DAY;
    return P.leafletLayer({
      url: o.url, attribution: o.credit, maxDataZoom: o.zoom, maxZoom: 22, lang: document.documentElement.lang, noWrap: true,
      backgroundColor: c.ground, paintRules: areas(c).concat(waterways(c), thin(c), buildings(c), roads(c)), labelRules: labels(c, o.names)
    });
  };
})();
