/* Draws every <figure class="chart" data-chart="…"> from the table inside it.
 *
 * data-chart: "bar" (columns), "rows" (bars lying down), "stack" (columns, one part upon the other), "layers" (a part
 * drawn within its whole), "line". Columns with data-series are drawn; cells carry data-value; a click on a mark
 * follows the link of its row. Texts reach the canvas as plain text only: nothing here builds HTML.
 */
"use strict";

(() => {
  const scale = document.documentElement.classList.contains("wall") ? 1.25 : 1;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function colours(figure) {
    const style = getComputedStyle(figure);
    return (name) => style.getPropertyValue(`--${name}`).trim();
  }

  /* What stands beside a mark: the number as the table writes it, with its unit only where that changes its size. */
  function textOf(cell, head) {
    const words = cell.textContent.trim().split(/\s+/);
    if ("money" in head.dataset) {
      return words.join(" ");
    }
    return head.dataset.unit === "%" ? `${words[0]}%` : words[0];
  }

  /* The table as data: names, links and keys of the rows, and one list of values a drawn column. */
  function read(figure) {
    const table = figure.querySelector("table");
    const heads = [...table.tHead.rows[0].cells];
    const lines = [...table.tBodies[0].rows];
    const columns = heads.flatMap((head, index) => ("series" in head.dataset ? [{ head, index }] : []));
    return {
      keys: lines.map((line) => line.dataset.key),
      names: lines.map((line) => line.cells[0].dataset.name || line.cells[0].textContent.trim()),
      links: lines.map((line) => line.querySelector("a")?.href),
      series: columns.map(({ head, index }) => ({
        name: head.textContent.trim(),
        unit: head.dataset.unit,
        texts: lines.map((line) => textOf(line.cells[index], head)),
        values: lines.map((line) => {
          const value = line.cells[index].dataset.value;
          return value === "" ? null : Number(value);
        }),
      })),
    };
  }

  /* `written`: whether the axis carries numbers; needless where every bar carries its own. */
  function axisOfValues(data, colour, written) {
    const share = data.series[0].unit === "%";
    return {
      type: "value",
      max: share ? (extent) => Math.min(100, Math.ceil((extent.max + 5) / 10) * 10) : undefined,
      minInterval: share ? 0 : 1,
      splitNumber: 4,
      axisLabel: {
        show: written,
        color: colour("chart-text"),
        fontSize: sizeOf(0.75),
        formatter: share ? "{value}%" : undefined,
      },
      splitLine: { lineStyle: { color: colour("chart-grid") } },
    };
  }

  function axisOfNames(data, colour, lying) {
    return {
      type: "category",
      data: data.names,
      inverse: lying,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("chart-grid") } },
      axisLabel: { color: colour("chart-text"), fontSize: sizeOf(0.8125), interval: lying ? 0 : "auto" },
    };
  }

  function sizeOf(rem) {
    return Math.round(scale * rem * parseFloat(getComputedStyle(document.documentElement).fontSize));
  }

  function targetLine(figure, colour, lying) {
    if (!figure.dataset.target) {
      return undefined;
    }
    return {
      silent: true,
      z: 2,
      symbol: "none",
      animation: false,
      lineStyle: { color: colour("chart-target"), type: "dashed", width: 1 },
      label: {
        formatter: figure.dataset.targetLabel,
        color: colour("chart-target"),
        fontSize: sizeOf(0.75),
        position: lying ? "start" : "insideStartTop",
      },
      data: [lying ? { xAxis: Number(figure.dataset.target) } : { yAxis: Number(figure.dataset.target) }],
    };
  }

  function oneSeries(figure, data, place, colour) {
    const kind = figure.dataset.chart;
    const lying = kind === "rows";
    const layered = kind === "layers";
    const base = layered ? ["chart-second", "chart-premium"] : ["chart-bar", "chart-second", "chart-premium"];
    const single = figure.dataset.colours === "premium" ? "chart-premium" : base[place];
    const inside = layered && place === 1;
    const texts = data.series[place].texts;
    const tallest = Math.max(...data.series[0].values);
    const byField = figure.dataset.colours === "field";
    return {
      type: kind === "line" ? "line" : "bar",
      name: data.series[place].name,
      data: data.series[place].values.map((value, row) =>
        byField ? { value, itemStyle: { color: colour(`field-${data.keys[row]}`) } } : value,
      ),
      stack: kind === "stack" ? "all" : undefined,
      barGap: layered ? "-100%" : undefined,
      barMaxWidth: lying ? sizeOf(1) : sizeOf(2.5),
      symbolSize: 7,
      itemStyle: { color: colour(single) },
      lineStyle: { color: colour(single), width: 2 },
      label: {
        show: kind !== "stack",
        position: lying ? "right" : inside ? "insideTop" : "top",
        color: inside ? colour("paper") : colour("ink"),
        fontSize: sizeOf(0.75),
        backgroundColor: lying ? colour("paper") : undefined,
        padding: lying ? [1, 2] : 0,
        formatter: ({ dataIndex, value }) => (inside && value < tallest / 12 ? "" : texts[dataIndex]),
      },
      labelLayout: { hideOverlap: true },
      markLine: place === 0 ? targetLine(figure, colour, lying) : undefined,
    };
  }

  function optionOf(figure, data) {
    const colour = colours(figure);
    const lying = figure.dataset.chart === "rows";
    const names = axisOfNames(data, colour, lying);
    const values = axisOfValues(data, colour, ["line", "stack"].includes(figure.dataset.chart));
    const several = data.series.length > 1;
    return {
      animation: !calm,
      animationDuration: 300,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      aria: { enabled: false },
      grid: {
        left: 0,
        right: sizeOf(lying ? 3 : 0.5),
        top: topOf(figure, several),
        bottom: 0,
        containLabel: true,
      },
      legend: several ? legendOf(colour) : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, confine: true },
      xAxis: lying ? values : names,
      yAxis: lying ? names : values,
      series: data.series.map((_, place) => oneSeries(figure, data, place, colour)),
    };
  }

  function legendOf(colour) {
    const size = sizeOf(0.75);
    const textStyle = { color: colour("chart-text"), fontSize: size };
    return { top: 0, right: 0, itemWidth: size, itemHeight: size, textStyle };
  }

  function topOf(figure, several) {
    if (figure.dataset.chart === "rows") {
      return figure.dataset.target ? sizeOf(1.5) : 0;
    }
    return sizeOf(several ? 2.25 : 1.5);
  }

  function draw(figure) {
    const data = read(figure);
    if (!data.names.length) {
      return;
    }
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", figure.querySelector("figcaption").textContent.trim());
    if (figure.dataset.chart === "rows") {
      plot.style.height = `${sizeOf(scale > 1 ? 1.5 : 1.75) * data.names.length + topOf(figure, false)}px`;
    }
    figure.querySelector("figcaption").after(plot);
    let chart = null;
    new ResizeObserver(() => {
      if (!plot.clientWidth) {
        return;
      }
      if (chart) {
        chart.resize();
        return;
      }
      chart = window.echarts.init(plot, null, { renderer: "canvas" });
      chart.setOption(optionOf(figure, data));
      chart.on("click", ({ dataIndex }) => {
        if (data.links[dataIndex]) {
          window.location.assign(data.links[dataIndex]);
        }
      });
    }).observe(plot);
  }

  document.querySelectorAll("figure[data-chart]").forEach((figure) => {
    if (figure.querySelector("table")) {
      draw(figure);
    }
  });
})();
