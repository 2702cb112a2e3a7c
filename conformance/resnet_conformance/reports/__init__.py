"""Views of a Report: each module is one view, a pure function of the Report (DESIGN.md, section 5)."""
