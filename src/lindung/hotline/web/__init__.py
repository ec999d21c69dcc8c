"""What people see: templates, style, the little JavaScript, headers and error pages."""
